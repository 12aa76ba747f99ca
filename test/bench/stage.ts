import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signRequest, type Signer } from 'mixlib-authentication-ts';
import { Client } from 'pg';
import { freePort } from '../helpers/free-port.ts';
import { send, type HttpAnswer } from '../helpers/http.ts';
import { newKeyPair } from '../helpers/keys.ts';
import { startPostgres, type Postgres } from '../system/harness/postgres.ts';
import {
  makeServerHome,
  startPushyServer,
  type PushyServer,
  type PushyServerSettings,
} from '../system/harness/pushy-server.ts';
import { readCounts, type Counts } from './metrics.ts';
import type { BenchRun } from './run.ts';
import { startSwarm, type Swarm } from './swarm/swarm.ts';

/** The server as it is shipped, on PostgreSQL, with an organization, its admin and its nodes. */
export interface Stage {
  readonly server: PushyServer;
  readonly postgres: Postgres;
  readonly database: Client;
  readonly nodes: readonly string[];
  readonly signer: Signer;
  /** Nodes, one for each key that there is. */
  readonly signers: readonly Signer[];
  counts(): Promise<Counts>;
  /** A signed request below `/organizations/acme/pushy/`. */
  ask(path: string, body?: object): Promise<HttpAnswer>;
  /** The same, signed already: to sign takes longer than all that the server does. */
  prepare(path: string, body?: object): () => Promise<HttpAnswer>;
  /** Starts the simulated agents of all nodes, the first `apart` in a process of their own; waits until all are available. */
  swarm(apart?: number): Promise<Swarm>;
  /** Resolves when all nodes are available; rejects after `ms`. */
  allAvailable(ms: number): Promise<void>;
  /** Kills the server and starts it again, where it was; the new server. */
  killAndStart(): Promise<PushyServer>;
  /** Ends the agents and the server, so that nothing of them disturbs what is measured next. */
  end(): Promise<void>;
}

const ORG = 'acme';
/** Different client keys, shared by the nodes by turns. */
export const KEYS = 8;
/** Milliseconds between two looks at the metrics, which cost the server a look at each of its descriptors. */
const LOOK_MS = 250;
/** Milliseconds: an agent gives its connection up after three seconds without an answer. */
const QUIET_MS = 4_000;

/** Starts it all. */
export async function setStage(
  run: BenchRun,
  count: number,
  settings: PushyServerSettings = {},
): Promise<Stage> {
  const { workplace } = run;
  const postgres = await startPostgres(workplace);
  const url = await postgres.createDatabase('pushy');
  const changed = { heartbeat_interval: 1000, log_level: 'info', ...settings };
  run.say(
    `server: its defaults${Object.entries(settings)
      .map(([k, v]) => `, ${k} ${String(v)}`)
      .join('')}; logs on; PostgreSQL of its own, without fsync`,
  );
  const home = await makeServerHome(workplace, {
    ...changed,
    database_url: url,
    api_port: await freePort(),
    command_port: await freePort(),
    server_heartbeat_port: await freePort(),
    metrics_port: await freePort(),
  });
  let server = await startPushyServer(workplace, home, { profile: run.profile });
  const keys = await workplace.subdir('keys');
  await server.ctl('org-add', ORG);
  await server.ctl('user-add', ORG, 'alice', '--admin', '--key', join(keys, 'alice.pem'));
  const pairs = Array.from({ length: KEYS }, () => newKeyPair());
  const nodes = Array.from({ length: count }, (_, i) => `node-${String(i).padStart(5, '0')}`);
  const database = new Client({ connectionString: url });
  await database.connect();
  // The database is stopped under it at the end.
  database.on('error', () => undefined);
  await database.query(
    `insert into directory_principals (org_id, name, type, public_key)
     select guid, node, 'client', key from directory_organizations, unnest($1::text[], $2::text[]) as t (node, key)`,
    [nodes, nodes.map((_, i) => pairs[i % KEYS]?.publicKey)],
  );
  const signer = { userId: 'alice', key: readFileSync(join(keys, 'alice.pem'), 'utf8') };
  const metricsPort = Number(/"metrics_port":(\d+)/.exec(server.program.output())?.[1]);
  const { apiPort: port } = server;
  const swarms: Swarm[] = [];
  const counts = (): Promise<Counts> => readCounts(metricsPort);

  const parsed = { ...signer, key: createPrivateKey(signer.key) };

  function prepare(path: string, body?: object): () => Promise<HttpAnswer> {
    const asked = {
      method: body === undefined ? 'GET' : 'POST',
      path: `/organizations/${ORG}/pushy/${path}`,
      body: body === undefined ? '' : JSON.stringify(body),
    };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const headers = { ...type, ...signRequest(asked, parsed, Date.now()) };
    return () => send({ ...asked, port, headers });
  }

  async function allAvailable(ms: number): Promise<void> {
    const deadline = Date.now() + ms;
    let available = 0;
    while (Date.now() < deadline) {
      available = (await counts()).sum('pushy_nodes_available');
      if (available === count) return;
      await sleep(LOOK_MS);
    }
    const said = (await Promise.all(swarms.map((swarm) => swarm.logged()))).map(inWords).join('; ');
    throw new Error(
      `${available} of ${count} nodes are available after ${ms / 1000} s; the agents said: ${said}; the server: ${(await counts()).all('pushy_events_total')}`,
    );
  }

  /** Resolves when no agent has said anything for a while: none of them is about to connect again. */
  async function atRest(swarm: Swarm): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const before = [...(await swarm.logged())].join();
      // With a broadcast in between, by which agents know that they are served.
      await sleep(QUIET_MS + changed.heartbeat_interval);
      await allAvailable(60_000);
      if ([...(await swarm.logged())].join() === before) return;
      if (Date.now() > deadline) throw new Error('the agents do not come to rest');
    }
  }

  return {
    get server() {
      return server;
    },
    postgres,
    database,
    nodes,
    signer,
    signers: pairs.flatMap(({ privateKey: key }, i) => {
      const userId = nodes[i];
      return userId === undefined ? [] : [{ userId, key }];
    }),
    counts,
    ask: (path, body) => prepare(path, body)(),
    prepare,
    swarm: async (apart) => {
      const begun = performance.now();
      const part = { url: `${server.url}/organizations/${ORG}`, nodes };
      const all = { ...part, keys: pairs.map((pair) => pair.privateKey) };
      const swarm = await startSwarm(run, all, apart);
      swarms.push(swarm);
      await allAvailable(120_000);
      await atRest(swarm);
      const seconds = (performance.now() - begun) / 1000;
      const said = inWords(await swarm.logged());
      run.say(
        `swarm: ${count} agents in ${swarm.processes.length} processes, at rest after ${seconds.toFixed(1)} s; they say: ${said}`,
      );
      const now = await counts();
      run.say(
        `server meanwhile: ${now.all('pushy_events_total')}; refused: ${now.all('pushy_messages_refused_total')}`,
      );
      return swarm;
    },
    allAvailable,
    killAndStart: async () => {
      server.program.signal('SIGKILL');
      await server.program.exited;
      server = await startPushyServer(workplace, home, { profile: run.profile });
      return server;
    },
    end: async () => {
      for (const { processes } of swarms) for (const worker of processes) await worker.end();
      await database.end();
      await server.program.stop();
      await postgres.program.stop();
    },
  };
}

function inWords(said: ReadonlyMap<string, number>): string {
  return [...said].map(([message, n]) => `${n} x ${message}`).join('; ');
}
