import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, runOk } from '../../helpers/run.ts';

/** A host of its own, as far as the network can tell: a namespace, and one cable to where the server is. */
export interface NamespaceHost {
  /** Addresses of the server's end of the cable; `spare` can be taken away. */
  readonly server: string;
  readonly spare: string;
  /** The command line that runs another one in this host, with a /etc/hosts of its own. */
  inside(command: { file: string; args: readonly string[] }): { file: string; args: string[] };
  /** What the name of the server means from now on. */
  nameIs(address: string): void;
  /** Runs `ip` in this host. */
  ip(...args: string[]): Promise<void>;
  /** The server gives its spare address up. */
  dropSpare(): Promise<void>;
}

/** Hosts that a suite makes, and removes. */
export interface Namespaces {
  add(dir: string, serverName: string): Promise<NamespaceHost>;
  end(): Promise<void>;
}

const timeoutMs = 10_000;
const ip = (...args: string[]) => runOk('ip', args, { timeoutMs });

/** Names and addresses are of this process: two suites at a time do not meet. */
export function makeNamespaces(): Namespaces {
  const { pid } = process;
  const prefix = `10.${128 + ((pid >> 8) % 128)}.${pid % 256}`;
  const names: string[] = [];

  return {
    add: async (dir, serverName) => {
      const n = names.length;
      const name = `pushy-${pid}-${n}`;
      const [outer, inner] = [`pu${pid}x${n}`, `pu${pid}y${n}`];
      const [server, own, spare] = [1, 2, 128].map((k) =>
        k === 128 ? `${prefix}.${128 + n}` : `${prefix}.${4 * n + k}`,
      ) as [string, string, string];
      const hosts = join(dir, 'hosts');
      const nameIs = (address: string): void => {
        writeFileSync(hosts, `127.0.0.1 localhost\n${address} ${serverName}\n`);
      };
      nameIs(server);
      names.push(name);
      await ip('netns', 'add', name);
      await ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', name);
      await ip('address', 'add', `${server}/30`, 'dev', outer);
      await ip('address', 'add', `${spare}/32`, 'dev', outer);
      await ip('link', 'set', outer, 'up');
      const within = async (...args: string[]): Promise<void> => {
        await ip('-n', name, ...args);
      };
      await within('link', 'set', 'lo', 'up');
      await within('address', 'add', `${own}/30`, 'dev', inner);
      await within('link', 'set', inner, 'up', 'alias', 'cable');
      await within('route', 'add', `${spare}/32`, 'via', server);
      return {
        server,
        spare,
        nameIs,
        ip: (...args) => within(...args.map((arg) => (arg === 'CABLE' ? inner : arg))),
        dropSpare: async () => {
          await ip('address', 'del', `${spare}/32`, 'dev', outer);
        },
        inside: ({ file, args }) => ({
          file: 'ip',
          args: [
            ...['netns', 'exec', name, 'unshare', '--mount', 'sh', '-c'],
            'mount --bind "$0" /etc/hosts && exec "$@"',
            ...[hosts, file, ...args],
          ],
        }),
      };
    },
    end: async () => {
      for (const name of names) await run('ip', ['netns', 'delete', name], { timeoutMs });
    },
  };
}
