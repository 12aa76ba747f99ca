import type { FastifyInstance } from 'fastify';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Db } from '../db/db.ts';
import { DbError } from '../db/db-error.ts';
import { deleteJob } from '../db/delete-job.ts';
import { findJob } from '../db/find-job.ts';
import { findJobDetail } from '../db/find-job-detail.ts';
import { findOutput } from '../db/find-output.ts';
import { listJobDetails, listJobs } from '../db/list-jobs.ts';
import type { GroupWatchingDirectory } from '../directory/misspelt-groups.ts';
import { NotDurableError } from '../dispatcher/saver.ts';
import type { Dispatcher, Random } from '../dispatcher/dispatcher.ts';
import type { FeedLog } from '../feed-log.ts';
import { makeApp } from '../http/app.ts';
import { openFeeds } from '../http/routes/feeds.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Secrets } from '../secrets/open-secrets.ts';
import { decodeZ85 } from '../zmq/z85.ts';
import { countFeeds } from './count-feeds.ts';
import type { Wire } from './open-wire.ts';

export interface ApiDeps {
  config: Config;
  db: Db;
  clock: Clock;
  log: Log;
  secrets: Secrets;
  random: Random;
  directory: GroupWatchingDirectory;
  dispatcher: Dispatcher;
  feeds: FeedLog;
  wire: Pick<Wire, 'admissions' | 'sessionKey'>;
  metrics: Metrics;
  /** HTTP connections at most. */
  maxConnections: number;
  /** As they are bound. */
  ports: { command: number; heartbeat: number };
}

/** The HTTP API over the rooms of this server. */
export function openApi(deps: ApiDeps): FastifyInstance {
  const { config, db, clock, log, secrets, random, directory } = deps;
  const { dispatcher, feeds, wire, metrics, ports } = deps;
  const { jobs, presence } = dispatcher;
  const { sealer } = secrets;
  /** Decision 1: what a GET shows is durable. */
  const durable = async <T>(read: () => Promise<T>): Promise<T> => {
    await jobs.flushed();
    return read();
  };
  const app = makeApp({
    clock,
    log,
    directory,
    jobs: {
      list: (orgId, query) => durable(() => listJobs(db, sealer, orgId, query)),
      listDetails: (orgId, query) => durable(() => listJobDetails(db, sealer, orgId, query)),
      get: (orgId, id) => durable(() => findJob(db, sealer, orgId, id)),
      getDetail: (orgId, id) => durable(() => findJobDetail(db, sealer, orgId, id)),
      output: (orgId, id, node, stream) =>
        durable(() => findOutput(db, sealer, orgId, id, node, stream)),
      delete: async (orgId, id) => {
        const outcome = await durable(() => deleteJob(db, orgId, id));
        if (outcome === 'deleted') jobs.forget(id);
        return outcome;
      },
    },
    starter: jobs,
    presence,
    feeds: openFeeds({
      feeds: countFeeds(feeds, metrics),
      clock,
      log,
      fraction: () => random.fraction(),
      keepAlive: config.keepAliveTime * 1000,
      maxConnections: config.feedMaxConnections,
    }),
    config: {
      settings: () => ({
        serverName: config.serverName,
        ports,
        heartbeatInterval: config.heartbeatInterval,
        configLifetime: config.configLifetime,
        maxTimeSkew: config.maxTimeSkew,
        maxBodySize: config.maxBodySize,
        incarnationId: secrets.incarnationId,
        publicKey: secrets.rsa.publicPem,
        ...(config.disableCurveEncryption ? {} : { curvePublicKey: secrets.curve.publicKey }),
      }),
      sessionKey: wire.sessionKey,
      admit: (admission) => {
        metrics.count('admissions');
        return wire.admissions.admit(admission);
      },
      decodeCurveKey: decodeZ85,
      randomBytes: (count) => random.bytes(count),
    },
    status: {
      incarnationId: () => secrets.incarnationId,
      trackedNodes: () => presence.count(),
      jobsInMemory: () => jobs.inMemory(),
      misspeltGroups: () => directory.misspeltGroups(),
    },
    settings: config,
    bounds: { clock, log, count: metrics.count, maxConnections: deps.maxConnections },
    isUnavailable: (error) =>
      error instanceof NotDurableError ||
      (error instanceof DbError && error.code === 'unavailable'),
  });
  app.addHook('onResponse', ({ method, routeOptions }, reply, done) => {
    // A feed lasts as long as its reader likes.
    if (!String(reply.getHeader('content-type')).startsWith('text/event-stream')) {
      const route = routeOptions.url ?? 'none';
      const known = method === 'GET' || method === 'POST' ? method : 'other';
      metrics.httpAnswered({ route, method: known, status: reply.statusCode }, reply.elapsedTime);
    }
    done();
  });
  return app;
}
