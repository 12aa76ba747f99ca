import { readFile } from 'node:fs/promises';
import { sendSigned } from '../../helpers/http.ts';
import { until } from '../../helpers/until.ts';

/** A job as the server shows it (REFERENCE 8.5). */
export interface WatchedJob {
  readonly id: string;
  readonly command: string;
  readonly status: string;
  readonly nodes: Readonly<Record<string, readonly string[]>>;
}

/** Looks at our server through its API, quicker than a command line can: for tests that wait for something. */
export interface Watcher {
  /** Availability of the nodes that the server knows, by name. */
  nodes(): Promise<Record<string, string>>;
  job(id: string): Promise<WatchedJob>;
  /** Resolves when all these nodes are available; rejects at the deadline with what there is. */
  available(names: readonly string[], timeoutMs?: number): Promise<void>;
  /** Resolves when none of these nodes is available any more. */
  away(names: readonly string[], timeoutMs?: number): Promise<void>;
  /** Resolves with the job in which all these nodes run. */
  running(names: readonly string[], timeoutMs?: number): Promise<WatchedJob>;
  /** Resolves with the job when it has ended. */
  ended(id: string, timeoutMs?: number): Promise<WatchedJob>;
}

/** Who looks, and where. */
export interface WatcherSettings {
  /** `chef_server_url`, with its organization. */
  readonly url: string;
  readonly user: string;
  /** Path of the user's private key. */
  readonly key: string;
}

/** Makes a watcher. */
export async function makeWatcher({ url, user, key }: WatcherSettings): Promise<Watcher> {
  const signer = { userId: user, key: await readFile(key, 'utf8') };
  const { port, pathname } = new URL(url);

  const get = async (path: string): Promise<unknown> => {
    const target = `${pathname}/pushy/${path}`;
    const { status, body } = await sendSigned(signer, { port: Number(port), path: target });
    if (status !== 200) throw new Error(`GET ${target}: ${status} ${body}`);
    return JSON.parse(body);
  };
  const nodes = async (): Promise<Record<string, string>> => {
    const list = (await get('node_states')) as { node_name: string; availability: string }[];
    return Object.fromEntries(list.map((n) => [n.node_name, n.availability]));
  };
  const job = async (id: string): Promise<WatchedJob> => (await get(`jobs/${id}`)) as WatchedJob;
  const jobs = async (): Promise<WatchedJob[]> => (await get('jobs')) as WatchedJob[];

  return {
    nodes,
    job,
    available: async (names, timeoutMs) => {
      const find = (found: Record<string, string>): true | undefined =>
        names.every((name) => found[name] === 'available') ? true : undefined;
      await until(`${names.join(', ')} to be available`, nodes, find, timeoutMs);
    },
    away: async (names, timeoutMs) => {
      const find = (found: Record<string, string>): true | undefined =>
        names.some((name) => found[name] === 'available') ? undefined : true;
      await until(`${names.join(', ')} to be away`, nodes, find, timeoutMs);
    },
    running: (names, timeoutMs) =>
      until(
        `a job that runs on ${names.join(', ')}`,
        async () => {
          const live = (await jobs()).filter(({ status }) => status === 'running');
          return Promise.all(live.map(({ id }) => job(id)));
        },
        (found) =>
          found.find(({ nodes: { running = [] } }) => names.every((n) => running.includes(n))),
        timeoutMs,
      ),
    ended: (id, timeoutMs) =>
      until(
        `the end of job ${id}`,
        () => job(id),
        (found) => (['new', 'voting', 'running'].includes(found.status) ? undefined : found),
        timeoutMs,
      ),
  };
}
