import fastify, { type FastifyInstance } from 'fastify';
import { OUTPUT_STREAMS } from '@pushy/protocol';
import { refuse, send } from './answer.ts';
import { makeAuthenticate, type Principals } from './authenticate.ts';
import { makeAuthorize, type AuthorizeSettings, type Groups } from './authorize.ts';
import { makeJudge } from './judge.ts';
import { makeErrorHandler } from './on-error.ts';
import { addPath, routerUrl, takeAllMethods } from './routing.ts';
import { makeGetConfig, type ConfigDeps } from './routes/config.ts';
import { makeGetOutput, type JobOutputs } from './routes/job-output.ts';
import { makeGetJob, type JobFinder } from './routes/job.ts';
import {
  makeCreateJob,
  makeListJobs,
  type CreateJobSettings,
  type JobList,
  type JobStarter,
} from './routes/jobs.ts';
import { makeGetNode, makeListNodes, type Presence } from './routes/node-states.ts';
import { makeGetStatus, type StatusSource } from './routes/status.ts';

/** Bounds of the HTTP server; milliseconds unless said. */
const BOUNDS = {
  /** A whole request, headers and body. */
  requestTimeout: 30_000,
  /** Headers alone. */
  headersTimeout: 15_000,
  /** From the first byte to the answer; every look-up below has a shorter deadline of its own. */
  handlerTimeout: 60_000,
  keepAliveTimeout: 75_000,
  /** Connections; each takes a descriptor. */
  maxConnections: 4096,
  /** Characters of one path segment: node names may be long. */
  maxParamLength: 16_384,
} as const;

export interface AppDeps {
  clock: { now(): number };
  log: {
    debug(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  directory: Principals & Groups;
  /** What is stored. */
  jobs: JobFinder & JobList & JobOutputs;
  starter: JobStarter;
  presence: Presence;
  config: ConfigDeps;
  status: StatusSource;
  settings: AuthorizeSettings & CreateJobSettings;
  /** True for the error of a store that is away for now (Decision 2). */
  isUnavailable: (error: unknown) => boolean;
}

/** The HTTP API: the routes of REFERENCE 2. Knows no socket and no table, only the ports that it is given. */
export function makeApp(deps: AppDeps): FastifyInstance {
  const { clock, directory, jobs, log } = deps;
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    requestTimeout: BOUNDS.requestTimeout,
    handlerTimeout: BOUNDS.handlerTimeout,
    keepAliveTimeout: BOUNDS.keepAliveTimeout,
    http: { headersTimeout: BOUNDS.headersTimeout },
    routerOptions: { maxParamLength: BOUNDS.maxParamLength },
    rewriteUrl: ({ url }) => routerUrl(url ?? '/'),
  });
  app.server.maxConnections = BOUNDS.maxConnections;
  takeAllMethods(app);

  const judge = makeJudge({
    clock,
    authenticate: makeAuthenticate(directory),
    authorize: makeAuthorize(directory, deps.settings),
  });
  const status = makeGetStatus(deps.status);
  const org = '/organizations/:org/pushy';

  addPath(app, '/pushy/_status', { GET: (_, reply) => send(reply, status()) });
  addPath(app, `${org}/config/:node`, { GET: judge(makeGetConfig(deps.config)) });
  addPath(app, `${org}/jobs`, {
    GET: judge(makeListJobs(jobs)),
    POST: judge(makeCreateJob(deps.starter, clock, deps.settings)),
  });
  addPath(app, `${org}/jobs/:id`, { GET: judge(makeGetJob(jobs)) });
  for (const stream of OUTPUT_STREAMS) {
    addPath(app, `${org}/jobs/:id/output/:node/${stream}`, {
      GET: judge(makeGetOutput(jobs, stream)),
    });
  }
  addPath(app, `${org}/node_states`, { GET: judge(makeListNodes(deps.presence)) });
  addPath(app, `${org}/node_states/:node`, { GET: judge(makeGetNode(deps.presence)) });

  app.setNotFoundHandler((_, reply) => send(reply, refuse(404, 'There is no such page.').answer));
  app.setErrorHandler(makeErrorHandler(log, deps.isUnavailable));
  app.addHook('onResponse', (request, reply, done) => {
    const { method, originalUrl } = request;
    const path = originalUrl.split('?')[0];
    log.debug(
      { method, path, status: reply.statusCode, ms: reply.elapsedTime },
      'request answered',
    );
    done();
  });
  return app;
}
