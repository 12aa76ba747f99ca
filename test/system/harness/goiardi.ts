import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../helpers/free-port.ts';
import { sendSigned } from '../../helpers/http.ts';
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
  const { url, program, home } = await start(scene, ['-A']);
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
      const { status, body } = await sendSigned(
        { userId: 'admin', key: await readFile(adminKey, 'utf8') },
        {
          port: Number(new URL(url).port),
          method: 'POST',
          path: '/clients',
          headers: {
            accept: 'application/json',
            'content-type': 'application/json',
            'x-chef-version': '18.0.0',
          },
          body: JSON.stringify({ name, admin }),
        },
      );
      if (status !== 201) throw new Error(`goiardi: POST /clients: ${status} ${body}`);
      const { private_key: key } = JSON.parse(body) as { private_key: string };
      await writeFile(file, key, { mode: 0o600 });
      return file;
    },
    createNode: async (name) => {
      await knife.ok(['node', 'create', name, '--disable-editing']);
    },
  };
}

/** Starts goiardi as it is by default: it takes everybody's word. Answers its URL. */
export async function startOpenGoiardi(scene: Scene): Promise<string> {
  const { url } = await start(scene, []);
  return url;
}

async function start(
  scene: Scene,
  options: readonly string[],
): Promise<{ url: string; program: Program; home: string }> {
  const home = await scene.subdir('goiardi');
  const port = await freePort();
  const address = ['-I', '127.0.0.1', '-H', '127.0.0.1', '-P', String(port)];
  const program = await scene.start({
    name: 'goiardi',
    file: '/usr/bin/goiardi',
    args: [...options, `--conf-root=${home}`, ...address],
    cwd: home,
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/principals/admin`, program);
  return { url, program, home };
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
