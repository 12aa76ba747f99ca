import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { makeTempDir } from './temp-dir.ts';

const run = promisify(execFile);

/** A PostgreSQL cluster of the test's own, reached over a socket in its own directory. */
export interface Cluster {
  url(database: string): string;
  stop(): Promise<void>;
  /** Ends it as a crash does, then starts it again. */
  crashAndRestart(): Promise<void>;
  /** Ends it as a crash does; `stop` still cleans up. */
  crash(): Promise<void>;
}

/** Starts PostgreSQL as the user postgres where the tests run as root, which it refuses. */
export async function startCluster(): Promise<Cluster> {
  const [dir, removeDir] = await makeTempDir();
  const owner = process.getuid?.() === 0 ? await postgresUser() : undefined;
  if (owner !== undefined) await chown(dir, owner.uid, owner.gid);
  const bin = await programs();
  const data = join(dir, 'data');
  const setUp = [
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
  ];
  await run(join(bin, 'initdb'), setUp, { cwd: dir, timeout: 60_000, ...owner });
  const settings = ['listen_addresses=', `unix_socket_directories=${dir}`, 'fsync=off'];
  const start = async (): Promise<ChildProcess> => {
    const args = ['-D', data, ...settings.flatMap((s) => ['-c', s])];
    // It ends with the tests, also when they are killed.
    const guarded = ['--pdeathsig', 'INT', join(bin, 'postgres'), ...args];
    const child = spawn('setpriv', guarded, {
      cwd: dir,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...owner,
    });
    for await (const line of createInterface({ input: child.stderr })) {
      if (line.includes('ready to accept connections')) break;
    }
    child.stderr.resume();
    return child;
  };
  const end = async (signal: 'SIGINT' | 'SIGQUIT'): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill(signal);
    await once(server, 'exit');
  };
  let server = await start();
  return {
    url: (database) => `postgres://postgres@/${database}?host=${dir}`,
    async stop() {
      // Fast shutdown: does not wait for clients.
      await end('SIGINT');
      await removeDir();
    },
    // Immediate shutdown: recovers at the next start, as after a crash.
    crash: () => end('SIGQUIT'),
    async crashAndRestart() {
      await end('SIGQUIT');
      server = await start();
    },
  };
}

async function programs(): Promise<string> {
  const home = '/usr/lib/postgresql';
  const versions = await readdir(home).catch(() => []);
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new Error(`PostgreSQL is not installed in ${home}`);
  return join(home, newest, 'bin');
}

async function postgresUser(): Promise<{ uid: number; gid: number }> {
  const { stdout } = await run('getent', ['passwd', 'postgres']);
  const [, , uid, gid] = stdout.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
