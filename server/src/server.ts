import { hostname } from 'node:os';
import { seal } from '@pushy/protocol';
import type { Clock } from './clock.ts';
import { cannot } from './compose/cannot.ts';
import { openApi } from './compose/open-api.ts';
import { openOwnDatabase } from './compose/open-database.ts';
import { openDirectory } from './compose/open-directory.ts';
import { openDispatcher } from './compose/open-dispatcher.ts';
import { openGraphite } from './compose/open-graphite.ts';
import { openFeedLog } from './compose/open-feed-log.ts';
import { openTls } from './compose/open-tls.ts';
import { openWire } from './compose/open-wire.ts';
import { makePlainRowSealing } from './compose/plain-row-sealing.ts';
import { makeRetention } from './compose/retention.ts';
import { makeTeardown } from './compose/teardown.ts';
import type { Config } from './config.ts';
import { openControlSocket } from './ctl/control-server.ts';
import { addSealingKey } from './db/add-sealing-key.ts';
import type { UnfinishedJob } from './core/job-record.ts';
import type { Db } from './db/db.ts';
import { missingSealingKeys } from './db/missing-sealing-keys.ts';
import { pruneJobs } from './db/prune-jobs.ts';
import { readUnfinishedJobs } from './db/read-unfinished-jobs.ts';
import type { Sealer } from './db/sealer.ts';
import { sealPlainRows } from './db/seal-plain-rows.ts';
import { settleUnfinishedJobs } from './db/settle-unfinished-jobs.ts';
import { makeBroadcast } from './dispatcher/broadcast.ts';
import { boundConnections, describeBounds, readDescriptors } from './descriptors.ts';
import { hasClient, makeWatchedDirectory } from './directory/watched.ts';
import type { Dispatcher, Random } from './dispatcher/dispatcher.ts';
import { makeDrain } from './http/drain.ts';
import { serveMetrics } from './http/metrics-server.ts';
import type { Log } from './log.ts';
import { makeDirectory } from './make-directory.ts';
import { makeMetrics } from './metrics.ts';
import { openSecrets, type Secrets } from './secrets/open-secrets.ts';

/** The world as the server sees it. */
export interface Ports {
  clock: Clock;
  log: Log;
  random: Random;
}

/** Where a started server can be reached. */
export interface Listening {
  apiPort: number;
  commandPort: number;
  serverHeartbeatPort: number;
  /** Undefined: off. */
  metricsPort: number | undefined;
  /** Undefined: there is no TLS listener. */
  tlsPort: number | undefined;
  incarnationId: string;
}

export interface Server {
  /** Resolves when everything listens. On failure everything that was begun has ended. */
  start(): Promise<Listening>;
  /** Lets what was begun come to its end: no new work, no new connection, feeds are told. Then `stop`. */
  drain(): Promise<void>;
  /** Reads again what may be renewed while the server runs: the certificate of the TLS listener. */
  reload(): Promise<void>;
  /** Ends everything; what was decided is saved. Safe at any time. */
  stop(): Promise<void>;
}

/** The composition root: every room is made here, and meets the others here alone. */
export function makeServer(config: Config, ports: Ports): Server {
  const { clock, log, random } = ports;
  const teardown = makeTeardown(log);
  const metrics = makeMetrics();
  let starting: Promise<Listening> | undefined;
  let drain = (): Promise<void> => Promise.resolve();
  let reload = drain;

  async function start(): Promise<Listening> {
    await makeDirectory('dir', config.dir);
    // First of all: whoever has the socket has the data directory, and nobody settles another's jobs.
    const { promise: opened, resolve: opens } = deferred<{ db: Db; secrets: Secrets }>();
    const nodeRemoved = async (orgId: string, node: string): Promise<void> => {
      // Before its session key and capabilities are forgotten: it may want to hear of it.
      dispatcher.dropNode(orgId, node);
      const removed = wire.admissions.remove(orgId, node);
      // The command has removed the stored keys already; this is for one that came meanwhile.
      await removed.catch((error: unknown) => {
        log.warn({ err: error, orgId, node }, 'keys of a removed node may still be stored');
      });
    };
    const control = await openControlSocket({ config, opened, nodeRemoved, log });
    teardown.add('control socket', () => control.close());

    const db = await openOwnDatabase(config, log, clock);
    teardown.add('database', () => db.close());
    const secrets = await openSecrets(config.dir, {
      missing: (present) => missingSealingKeys(db, present),
    });
    teardown.add('secrets', () => {
      secrets.close();
      return undefined;
    });
    if (secrets.created) log.info({ dir: config.dir }, 'made the keys of this server');
    await addSealingKey(db, secrets.sealer.keyId);

    const unfinished = await takeUpJobs(db, secrets.sealer);

    const directory = makeWatchedDirectory(
      openDirectory(config, { db, clock, log }),
      // Decision 12: whoever is refused because his client is gone loses what it was given.
      (orgId, name) => {
        wire.clients.gone(orgId, name);
      },
    );
    teardown.add('directory', () => directory.close());

    // Frames come only after bind, when the dispatcher is there.
    const onFrames: Dispatcher['onFrames'] = (address, frames) => {
      dispatcher.onFrames(address, frames);
    };
    const descriptors = await readDescriptors();
    const bounds = boundConnections(descriptors, config.dbPoolSize + config.ibrowseMaxSessions);
    describeBounds(descriptors, bounds, log);
    const common = { config, db, clock, log, secrets };
    const wire = await openWire({
      ...{ ...common, teardown, onFrames, count: metrics.count },
      maxConnections: bounds.wire,
      removeNode: nodeRemoved,
      askForClient: async (orgId, client) => {
        const org = directory.nameOf(orgId);
        if (org === undefined) return 'unknown';
        return hasClient(await directory.principals(org, client, { fresh: true }))
          ? 'there'
          : 'gone';
      },
    });
    const feeds = await openFeedLog(common);
    teardown.add('feeds', () => feeds.stop());
    const shared = { ...common, random, directory, wire, feeds, metrics };
    const dispatcher = openDispatcher(shared);
    teardown.add('dispatcher', () => dispatcher.stop());
    // Before the first frame: a job that goes on knows its nodes when they are heard.
    dispatcher.jobs.resume(unfinished);
    opens({ db, secrets });
    const bound = await wire.bind();

    metrics.read({
      nodes: () => ({
        tracked: dispatcher.presence.count(),
        available: dispatcher.presence.available(),
      }),
      jobsInMemory: () => dispatcher.jobs.inMemory().length,
      admittedKeys: () => wire.admissions.count(),
      pool: () => db.pool?.(),
    });
    const numbers = await openMetrics();
    openGraphite(config, { metrics, clock, log, teardown });

    const api = openApi({
      ...{ ...shared, dispatcher },
      maxConnections: bounds.http,
      ports: bound,
    });
    const ending = makeDrain(api, clock);
    teardown.add('http', () => {
      feeds.drain();
      return api.close();
    });
    const tls = await openTls(api, { config, log });
    if (tls !== undefined) teardown.add('tls', () => tls.close());
    drain = async () => {
      feeds.drain();
      await ending.drain(tls === undefined ? [api.server] : [api.server, tls.server]);
    };
    reload = async () => {
      await tls?.reload();
    };
    await api
      .listen({ host: config.listen, port: config.apiPort })
      .catch(cannot('listen and api_port: cannot listen'));

    const broadcast = makeBroadcast({
      clock,
      interval: config.heartbeatInterval,
      sign: (body) => seal(body, { rsa2048_sha1: secrets.rsa.privateKey }),
      publish: (frames) => {
        wire.heartbeat.publish(frames);
      },
      incarnationId: () => secrets.incarnationId,
      serverHost: hostname(),
    });
    teardown.add('broadcast', () => {
      broadcast.stop();
      return undefined;
    });
    broadcast.start();

    const sealing = makePlainRowSealing({
      clock,
      log,
      seal: (limit) => sealPlainRows(db, secrets.sealer, limit),
    });
    teardown.add('sealing of plain rows', () => sealing.stop());
    sealing.start();

    const retention = makeRetention({
      clock,
      log,
      fraction: () => random.fraction(),
      settings: config,
      prune: (limits) => pruneJobs(db, limits),
      gone: (jobId) => {
        dispatcher.jobs.forget(jobId);
      },
    });
    teardown.add('retention', () => retention.stop());
    retention.start();

    return {
      apiPort: portOf(api.server.address()),
      commandPort: bound.command,
      serverHeartbeatPort: bound.heartbeat,
      metricsPort: numbers?.port,
      tlsPort: tls?.port,
      incarnationId: secrets.incarnationId,
    };
  }

  /** Decision 3: the jobs of the previous run that go on. */
  async function takeUpJobs(db: Db, sealer: Sealer): Promise<UnfinishedJob[]> {
    if (config.restartPolicy === 'resume') return readUnfinishedJobs(db, sealer);
    const settled = await settleUnfinishedJobs(db, clock.now());
    if (settled.length > 0) log.warn({ jobs: settled }, 'jobs of the previous run are crashed');
    return [];
  }

  async function openMetrics(): Promise<{ port: number } | undefined> {
    const { metricsListen: host, metricsPort: port } = config;
    if (port === undefined) return undefined;
    const server = await serveMetrics({ host, port, metrics, log }).catch(
      cannot('metrics_listen and metrics_port: cannot listen'),
    );
    teardown.add('metrics', () => server.close());
    return server;
  }

  return {
    start: () => {
      starting ??= start().catch(async (error: unknown) => {
        await teardown.run();
        throw error;
      });
      return starting;
    },
    drain: async () => {
      await starting?.catch(() => undefined);
      await drain();
    },
    reload: async () => {
      await starting?.catch(() => undefined);
      await reload();
    },
    stop: async () => {
      // What is being opened is closed when it is there; a failed start has cleaned up after itself.
      await starting?.catch(() => undefined);
      await teardown.run();
    },
  };
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function portOf(address: string | { port: number } | null): number {
  return address === null || typeof address === 'string' ? 0 : address.port;
}
