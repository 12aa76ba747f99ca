import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import { findDescendants, killFound } from '../../helpers/descendants.ts';
import { freePort } from '../../helpers/free-port.ts';
import type { Program } from '../../helpers/program.ts';
import { runOk } from '../../helpers/run.ts';
import { postgresBin } from './postgres-bin.ts';
import type { Scene } from './scene.ts';

/** A PostgreSQL cluster of the test's own. */
export interface Postgres {
  readonly port: number;
  /** The directory with its files. */
  readonly data: string;
  readonly program: Program;
  /** Kills all its processes at once, as the kernel does when memory runs out. */
  crash(): Promise<void>;
  /** Starts it again, on what the crash has left. */
  restart(): Promise<void>;
  /** Makes an empty database and answers its URL. */
  createDatabase(name: string): Promise<string>;
  /** Runs SQL in a database; answers the rows as text, columns with `|` between them. */
  sql(database: string, text: string): Promise<string>;
}

/** Starts PostgreSQL as the user postgres (it refuses root), or as the caller when that is not root. */
export async function startPostgres(scene: Scene): Promise<Postgres> {
  const bin = postgresBin();
  if (bin === undefined) throw new Error('PostgreSQL is not installed');
  const home = await scene.subdir('postgres');
  const data = join(home, 'data');
  const owner = process.getuid?.() === 0 ? await postgresUser() : undefined;
  if (owner !== undefined) await chown(home, owner.uid, owner.gid);
  await runOk(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { cwd: home, timeoutMs: 60_000, ...owner },
  );
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: home,
    // The cluster lives as long as a suite: nothing of it has to survive a power cut.
    fsync: 'off',
    max_connections: '100',
  };
  const start = async (): Promise<Program> => {
    const started = await scene.start({
      name: 'postgres',
      file: join(bin, 'postgres'),
      args: ['-D', data, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])],
      cwd: home,
      // The fast shutdown, which does not wait for clients.
      stopSignal: 'SIGINT',
      ...owner,
    });
    await started.line(/database system is ready to accept connections/);
    return started;
  };
  let program = await start();
  const sql = async (database: string, text: string): Promise<string> => {
    const { stdout } = await runOk(
      join(bin, 'psql'),
      [
        '-h',
        home,
        '-p',
        String(port),
        '-U',
        'postgres',
        '-qAtX',
        '-v',
        'ON_ERROR_STOP=1',
        database,
      ],
      { timeoutMs: 30_000, input: text },
    );
    return stdout.trimEnd();
  };
  return {
    port,
    data,
    get program() {
      return program;
    },
    crash: async () => {
      const children = findDescendants(program.pid);
      program.signal('SIGKILL');
      killFound(children);
      await program.exited;
    },
    restart: async () => {
      program = await start();
    },
    sql,
    createDatabase: async (name) => {
      await sql('postgres', `CREATE DATABASE "${name}"`);
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
  };
}

async function postgresUser(): Promise<{ uid: number; gid: number }> {
  const { stdout } = await runOk('getent', ['passwd', 'postgres'], { timeoutMs: 5000 });
  const [, , uid, gid] = stdout.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
