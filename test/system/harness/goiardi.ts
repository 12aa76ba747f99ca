import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../helpers/free-port.ts';
import type { Program } from '../../helpers/program.ts';
import { makeKnife, type Workstation } from './knife.ts';
import type { Scene } from './scene.ts';

/** goiardi with authentication: a Chef API without organizations that enforces signatures. */
export interface Goiardi {
  readonly url: string;
  readonly program: Program;
  /** Path of the private key of the user `admin`. */
  readonly adminKey: string;
  /** Knife as `admin`. */
  readonly knife: Workstation;
  /** Creates a client; answers the path of the private key that goiardi made for it. */
  createClient(name: string, options?: { admin?: boolean }): Promise<string>;
  createNode(name: string): Promise<void>;
}

/** Starts goiardi, empty but for its own users. */
export async function startGoiardi(scene: Scene): Promise<Goiardi> {
  const home = await scene.subdir('goiardi');
  const port = await freePort();
  const program = await scene.start({
    name: 'goiardi',
    file: '/usr/bin/goiardi',
    args: ['-A', `--conf-root=${home}`, '-I', '127.0.0.1', '-H', '127.0.0.1', '-P', String(port)],
    cwd: home,
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/principals/admin`, program);
  const adminKey = join(home, 'admin.pem');
  await access(adminKey);
  const knife = await makeKnife(scene, { url, user: 'admin', key: adminKey });
  return {
    url,
    program,
    adminKey,
    knife,
    createClient: async (name, { admin = false } = {}) => {
      const file = join(home, `${name}.pem`);
      await knife.ok([
        ...['client', 'create', name, '--disable-editing', '--file', file],
        ...(admin ? ['--admin'] : []),
      ]);
      return file;
    },
    createNode: async (name) => {
      await knife.ok(['node', 'create', name, '--disable-editing']);
    },
  };
}

/** goiardi prints nothing when it is ready: asks until it answers or ends. */
async function answers(url: string, program: Program): Promise<void> {
  const deadline = Date.now() + 20_000;
  const ended = program.exited.then(() => true);
  for (;;) {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    if (response?.ok === true) return;
    if (Date.now() > deadline || (await Promise.race([ended, sleep(50, false)])))
      throw new Error(`goiardi does not answer:\n${program.output()}`);
  }
}
