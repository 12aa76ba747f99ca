import fastify, { type FastifyInstance, type RouteHandlerMethod } from 'fastify';
import { MAX_REQUEST_BYTES } from '@pushy/protocol';
import { refuse, send } from './answer.ts';
import type { AppDeps } from './app-deps.ts';
import { makeAuthenticate } from './authenticate.ts';
import { makeAuthorize } from './authorize.ts';
import { makeBodyReader } from './bodies.ts';
import { applyBounds } from './bounds.ts';
import { answerClientError } from './client-error.ts';
import { makeJudge } from './judge.ts';
import { makeErrorHandler } from './on-error.ts';
import { readQuery } from './query.ts';
import type { PublicRoute, RouteSpec } from './route.ts';
import { ROUTES } from './route-table.ts';
import { addPath, routerUrl, takeAllMethods } from './routing.ts';

/** Bounds of the HTTP server; milliseconds unless said. */
const BOUNDS = {
  /** A whole request, headers and body. */
  requestTimeout: 30_000,
  /** Headers alone. */
  headersTimeout: 15_000,
  /** From the first byte to the answer; every look-up below has a shorter deadline of its own. */
  handlerTimeout: 60_000,
  keepAliveTimeout: 75_000,
  /** How often connections are held against these times. */
  connectionsCheckingInterval: 5_000,
  /** Characters of one path segment: node names may be long. */
  maxParamLength: 16_384,
} as const;

/** The HTTP API: the routes of the table. Knows no socket and no table, only the ports that it is given. */
export function makeApp(deps: AppDeps): FastifyInstance {
  const { clock, directory, log } = deps;
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    requestTimeout: BOUNDS.requestTimeout,
    handlerTimeout: BOUNDS.handlerTimeout,
    keepAliveTimeout: BOUNDS.keepAliveTimeout,
    http: {
      headersTimeout: BOUNDS.headersTimeout,
      connectionsCheckingInterval: BOUNDS.connectionsCheckingInterval,
    },
    routerOptions: { maxParamLength: BOUNDS.maxParamLength },
    rewriteUrl: ({ url }) => routerUrl(url ?? '/'),
    clientErrorHandler: answerClientError,
  });
  if (deps.bounds !== undefined) applyBounds(app, deps.bounds);
  takeAllMethods(app);

  const judge = makeJudge({
    clock,
    authenticate: makeAuthenticate(directory),
    authorize: makeAuthorize(directory, deps.settings),
    readBody: makeBodyReader(MAX_REQUEST_BYTES, () => deps.bounds?.count('http_requests_refused')),
  });
  for (const [path, specs] of byPath(ROUTES)) {
    addPath(
      app,
      path,
      specs.map((spec) => [
        spec.method,
        spec.access === 'public'
          ? answering(spec, deps)
          : spec.make(deps, (route) => judge(spec, route)),
      ]),
    );
  }

  app.setNotFoundHandler((_, reply) => send(reply, refuse(404, 'There is no such page.').answer));
  app.setErrorHandler(makeErrorHandler(log, deps.isUnavailable));
  app.addHook('onResponse', (request, reply, done) => {
    const { method, originalUrl } = request;
    const path = originalUrl.split('?')[0];
    const { org, node, id: jobId } = request.params as Readonly<Record<string, string>>;
    log.debug(
      { method, path, org, node, jobId, status: reply.statusCode, ms: reply.elapsedTime },
      'request answered',
    );
    done();
  });
  return app;
}

function byPath(routes: readonly RouteSpec[]): Map<string, RouteSpec[]> {
  const paths = new Map<string, RouteSpec[]>();
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  return paths;
}

function answering(spec: PublicRoute, deps: AppDeps): RouteHandlerMethod {
  const answer = spec.make(deps);
  return (request, reply) => {
    const query = readQuery(spec.query, request.query as Readonly<Record<string, unknown>>);
    return send(reply, query.ok ? answer(query.value) : query.answer);
  };
}
