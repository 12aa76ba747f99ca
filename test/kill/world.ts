import { setTimeout as sleep } from 'node:timers/promises';
import { isFinished, type Job, type JobBrief } from '@pushy/protocol';
import type { Signer } from 'mixlib-authentication-ts';
import { freePort } from '../helpers/free-port.ts';
import { sendSigned } from '../helpers/http.ts';
import type { Program } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';
import { startPostgres, type Postgres } from '../system/harness/postgres.ts';
import { startPushyServer, type PushyServer } from '../system/harness/pushy-server.ts';
import type { Scene } from '../system/harness/scene.ts';
import { startStandalone } from '../system/harness/standalone.ts';
import { makeMarks, type Marks } from './marks.ts';
import { startPgProxy, type PgProxy } from './pg-proxy.ts';

/** Ours and the reference's, in the groups that share a job. */
export const groups = [['ours-a', 'ours-b'], ['ours-c', 'ruby-a'], ['ours-d']] as const;
const nodes = groups.flat();

/** A server on PostgreSQL with agents of both kinds, whose server or database can be killed. */
export interface KillWorld {
  readonly port: number;
  readonly signer: Signer;
  readonly marks: Marks;
  readonly proxy: PgProxy;
  /** Our agents: what they log tells where a job is. */
  readonly agents: readonly Program[];
  /** Resolves when the nodes are available, and ours have not missed the broadcast: they would refuse (Decision 9). */
  available(): Promise<void>;
  readonly nodes: readonly string[];
  /** kill -9 of the server. */
  killServer(): void;
  startServer(): Promise<void>;
  /** kill -9 of all of PostgreSQL. */
  killPostgres(): Promise<void>;
  startPostgres(): Promise<void>;
  /** True while the server's process is there. */
  serverLives(): boolean;
  /**
   * The reference agents that are deaf since they were last asked for, started anew. One that missed four broadcasts
   * opens its sockets again and gives up on the new ones before it has said a word there (A11); with a job committed it
   * never asks for its configuration then, and no server can reach it any more.
   */
  renewDeaf(): Promise<readonly string[]>;
  jobs(): Promise<JobBrief[]>;
  job(id: string): Promise<Job | undefined>;
  /** Resolves when no job is in flight any more; rejects after the time that any rule may take. */
  settled(): Promise<void>;
  end(): Promise<void>;
}

/** Milliseconds between two heartbeats, as in service: four of them are how long agents do without a server. */
const interval = 1000;
/** What ours say last of the broadcast. */
const isOffline = (agent: Program): boolean => {
  const text = agent.output();
  const said = (what: string): number => text.lastIndexOf(what);
  const heard = Math.max(said('the server is back'), said('configuration received'));
  return said('no broadcast of the server') > heard;
};
const deaf = /No messages being received on command port/;
/** Seconds. */
const votingTimeout = 10;
/** Milliseconds that any job of the load may take to its end, by any rule: run, vote, loss of a node, all late. */
const patience = 60_000;

/** Makes a world; the nodes are available when it resolves. */
export async function makeKillWorld(scene: Scene): Promise<KillWorld> {
  const postgres: Postgres = await startPostgres(scene);
  const url = await postgres.createDatabase('pushy');
  const proxy = await startPgProxy(postgres.port);
  const marks = await makeMarks(await scene.subdir('marks'));
  const stage = await startStandalone(scene, {
    server: {
      database_url: url.replace(`:${postgres.port}/`, `:${proxy.port}/`),
      heartbeat_interval: interval,
      voting_timeout: votingTimeout,
      // The same after a restart.
      api_port: await freePort(),
      command_port: await freePort(),
      server_heartbeat_port: await freePort(),
    },
    nodes,
    whitelist: () => ({ mark: marks.command }),
  });
  const start = async (node: string): Promise<[string, Program]> => [
    node,
    await stage.startAgent(node),
  ];
  const programs = new Map(await Promise.all(nodes.map(start)));
  await stage.watcher.available(nodes, patience);
  const { apiPort: port } = stage.server;
  const { signer } = stage;
  let server: PushyServer = stage.server;
  let lives = true;
  const follow = ({ program }: PushyServer): void => {
    lives = true;
    void program.exited.then(() => (lives = false));
  };
  follow(server);

  const get = async (path: string): Promise<unknown> => {
    const target = `/organizations/acme/pushy/${path}`;
    const { status, body } = await sendSigned(signer, { port, path: target });
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`GET ${target}: ${status} ${body}`);
    return JSON.parse(body);
  };
  const jobs = async (): Promise<JobBrief[]> => (await get('jobs')) as JobBrief[];
  return {
    port,
    signer,
    marks,
    proxy,
    agents: [...programs.values()].filter(({ name }) => name.startsWith('agent-ours')),
    available: async () => {
      await stage.watcher.available(nodes, patience);
      await until(
        'our agents to hear the server',
        () => [...programs.values()].filter(isOffline).map(({ name }) => name),
        (offline) => (offline.length === 0 ? true : undefined),
        patience,
      );
    },
    nodes,
    killServer: () => {
      server.program.signal('SIGKILL');
    },
    startServer: async () => {
      await server.program.exited;
      // What the database does for a server that is gone, it does a moment later.
      server = await startPushyServer(scene, stage.home);
      follow(server);
    },
    killPostgres: () => postgres.crash(),
    startPostgres: () => postgres.restart(),
    serverLives: () => lives,
    renewDeaf: async () => {
      const isDeaf = (program: Program): boolean => deaf.test(program.output());
      const found = [...programs].filter(([, program]) => isDeaf(program)).map(([node]) => node);
      for (const node of found) {
        await programs.get(node)?.stop();
        const renewed = await stage.startAgent(node);
        programs.set(node, renewed);
        // The first ends the record of the agent before it, the next one begins its own.
        await renewed.line(/Sending heartbeat 3 /);
      }
      return found;
    },
    jobs,
    job: async (id) => (await get(`jobs/${id}`)) as Job | undefined,
    settled: async () => {
      await until(
        'all jobs to end',
        async () => {
          const all = await jobs().catch(() => undefined);
          // A store that has just come back is asked with care.
          if (all === undefined) await sleep(250);
          return all?.filter(({ status }) => !isFinished(status)) ?? ['no answer'];
        },
        (left) => (left.length === 0 ? true : undefined),
        patience,
      );
    },
    end: () => proxy.close(),
  };
}
