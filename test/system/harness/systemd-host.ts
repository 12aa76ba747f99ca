import { mkdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import { runOk } from '../../helpers/run.ts';
import { until } from '../../helpers/until.ts';
import type { Scene } from './scene.ts';

/** A host that systemd has booted, in the network of this one and with its programs; it ends with the scene. */
export interface SystemdHost {
  /** Runs systemctl there; its output. */
  systemctl(...args: string[]): Promise<string>;
}

/** What the host is to have. */
export interface SystemdHostSettings {
  /** Text of each service, by its name; all are started. */
  readonly services: Readonly<Record<string, string>>;
  /** Directories of this host that are there as well, under the same path. */
  readonly shared: readonly string[];
}

/** The project, which stands anywhere. */
const root = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '');
/** Milliseconds: a service may take seconds to stop. */
const systemctlTimeoutMs = 30_000;

/** Boots it: `/usr` of this host, read-only, below a root of its own; without network of its own, journal or bus. */
export async function bootSystemdHost(
  scene: Scene,
  { services, shared }: SystemdHostSettings,
): Promise<SystemdHost> {
  const tree = await scene.subdir('systemd-host');
  const units = join(tree, 'etc/systemd/system');
  for (const dir of ['etc/systemd/system', 'usr', 'var/tmp', 'tmp', 'run', 'root', 'proc', 'sys']) {
    await mkdir(join(tree, dir), { recursive: true });
  }
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    if (existsSync(join('/usr', name))) await symlink(join('usr', name), join(tree, name));
  }
  for (const name of ['passwd', 'group', 'os-release', 'nsswitch.conf', 'hosts']) {
    if (existsSync(join('/etc', name))) {
      await writeFile(join(tree, 'etc', name), await readFile(join('/etc', name)));
    }
  }
  await writeFile(join(tree, 'etc/machine-id'), '');
  // Nothing but what is asked for: no udev, no journal, no logins.
  const bare = '[Unit]\nDefaultDependencies=no\n';
  const names = Object.keys(services).map((name) => `${name}.service`);
  await writeFile(join(units, 'default.target'), `${bare}Wants=${names.join(' ')}\n`);
  for (const [name, text] of Object.entries(services)) {
    await writeFile(join(units, `${name}.service`), `${bare}[Service]\n${text}\n`);
  }
  const node = dirname(await realpath(process.execPath));
  const readOnly = ['/usr', root, ...(node.startsWith('/usr/') ? [] : [node])];
  await mkdir('/run/systemd', { recursive: true });
  const program = await scene.start({
    name: 'systemd-host',
    file: 'systemd-nspawn',
    args: [
      '--quiet',
      `--directory=${tree}`,
      `--machine=pushy-test-${process.pid}`,
      '--register=no',
      '--keep-unit',
      '--boot',
      ...readOnly.map((dir) => `--bind-ro=${dir}`),
      ...shared.map((dir) => `--bind=${dir}`),
    ],
    env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '0' },
  });
  const children = `/proc/${program.pid}/task/${program.pid}/children`;
  const init = async (): Promise<string> => (await readFile(children, 'utf8')).trim();
  const systemctl = async (...args: string[]): Promise<string> => {
    const enter = ['--target', await init(), '--all', 'systemctl', ...args];
    return (await runOk('nsenter', enter, { timeoutMs: systemctlTimeoutMs })).stdout;
  };
  await program.line(/Startup finished/);
  await until('the first process', init, (pid) => (/^\d+$/.test(pid) ? true : undefined));
  return { systemctl };
}
