import { mkdir, rmdir, writeFile, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../helpers/free-port.ts';
import { runOk } from '../../helpers/run.ts';
import { until } from '../../helpers/until.ts';
import type { BenchRun } from '../run.ts';

/** Machines to run commands on by SSH: addresses of the loopback interface. */
export interface SshTargets {
  readonly addresses: readonly string[];
  readonly port: number;
  /** The private key that may log in as root. */
  readonly key: string;
  /** A home directory with known hosts, for programs that have no other place for them. */
  readonly home: string;
  /** A configuration of `ssh`; `warm`: connections stay open and are used again. */
  readonly config: Readonly<Record<'cold' | 'warm', string>>;
}

/** OpenSSH listens on so many addresses in one process. */
const MOST_ADDRESSES = 16;
/** Seconds that an open connection is kept: longer than any bench takes. */
const PERSIST = 1_800;
const CLIENT_TIMEOUT_MS = 20_000;

/** Starts OpenSSH's servers, with keys and configuration of their own. */
export async function startSshTargets(run: BenchRun, count: number): Promise<SshTargets> {
  const dir = await run.workplace.subdir('ssh');
  const home = await run.workplace.subdir('ssh-home');
  const addresses = Array.from({ length: count }, (_, i) => `127.0.1.${i + 1}`);
  const port = await freePort();
  const [hostKey, key] = [join(dir, 'host'), join(dir, 'user')];
  for (const file of [hostKey, key]) {
    // PEM: net-ssh reads its own format of OpenSSH only with further gems.
    const args = ['-q', '-t', 'ecdsa', '-b', '256', '-m', 'PEM', '-N', '', '-f', file];
    await runOk('ssh-keygen', args, { timeoutMs: CLIENT_TIMEOUT_MS });
  }
  await makeRunDirectory(run);
  await writeFile(join(dir, 'authorized'), await readFile(`${key}.pub`), { mode: 0o600 });
  for (let first = 0; first < count; first += MOST_ADDRESSES) {
    const some = addresses.slice(first, first + MOST_ADDRESSES);
    const file = join(dir, `sshd-${first}.conf`);
    await writeFile(file, serverConfig(dir, port, some));
    const args = ['-D', '-e', '-f', file];
    await run.workplace.start({ name: 'sshd', file: '/usr/sbin/sshd', args });
  }
  const known = await knownHosts(hostKey, addresses, port);
  await mkdir(join(home, '.ssh'), { mode: 0o700 });
  const knownFile = join(home, '.ssh', 'known_hosts');
  await writeFile(knownFile, known);
  const config = { cold: join(dir, 'cold.conf'), warm: join(dir, 'warm.conf') };
  const base = clientConfig(port, key, knownFile);
  await writeFile(config.cold, [...base, '  ControlMaster no', ''].join('\n'));
  const control = await run.workplace.subdir('mux');
  const keep = [`ControlMaster auto`, `ControlPersist ${PERSIST}`, `ControlPath ${control}/%C`];
  await writeFile(config.warm, [...base, ...keep.map((line) => `  ${line}`), ''].join('\n'));
  for (const address of addresses) {
    await until(
      `sshd at ${address}`,
      () => isThere(config.cold, address),
      (there) => there || undefined,
    );
  }
  return { addresses, port, key, home, config };
}

/** Debian's sshd wants an empty directory there, which its service would have made. */
async function makeRunDirectory(run: BenchRun): Promise<void> {
  const dir = '/run/sshd';
  if (existsSync(dir)) return;
  await mkdir(dir, { mode: 0o755 });
  run.atEnd(() => rmdir(dir));
}

function serverConfig(dir: string, port: number, addresses: readonly string[]): string {
  return [
    `Port ${port}`,
    ...addresses.map((address) => `ListenAddress ${address}`),
    `HostKey ${join(dir, 'host')}`,
    `AuthorizedKeysFile ${join(dir, 'authorized')}`,
    'AuthenticationMethods publickey',
    'PermitRootLogin prohibit-password',
    // The key files lie under the directory for temporary files, which is everybody's.
    'StrictModes no',
    'UsePAM no',
    'MaxStartups 1000',
    'MaxSessions 1000',
    'PrintMotd no',
    'PrintLastLog no',
    'PidFile none',
    'LogLevel ERROR',
    '',
  ].join('\n');
}

function clientConfig(port: number, key: string, known: string): string[] {
  return [
    'Host *',
    `  Port ${port}`,
    '  User root',
    `  IdentityFile ${key}`,
    '  IdentitiesOnly yes',
    '  BatchMode yes',
    `  UserKnownHostsFile ${known}`,
    '  GlobalKnownHostsFile /dev/null',
    '  StrictHostKeyChecking yes',
    '  UpdateHostKeys no',
    '  ForwardX11 no',
    '  GSSAPIAuthentication no',
    '  LogLevel ERROR',
  ];
}

async function knownHosts(
  hostKey: string,
  addresses: readonly string[],
  port: number,
): Promise<string> {
  const [type, text] = (await readFile(`${hostKey}.pub`, 'utf8')).split(' ');
  return addresses.map((address) => `[${address}]:${port} ${type} ${text}\n`).join('');
}

async function isThere(config: string, address: string): Promise<boolean> {
  try {
    await runOk('ssh', ['-F', config, address, 'true'], { timeoutMs: CLIENT_TIMEOUT_MS });
    return true;
  } catch {
    return false;
  }
}
