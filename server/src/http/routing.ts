import { METHODS } from 'node:http';
import type { FastifyInstance, RouteHandlerMethod } from 'fastify';
import { refuse, send } from './answer.ts';

/** Methods that the reference knows; any other is 501 (REFERENCE 3 step 2). */
const KNOWN_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT', 'OPTIONS'];

/**
 * The request target as the router sees it: empty segments gone, the rest never percent-decoded (REFERENCE 2).
 * The router undoes the one encoding that is put on here.
 */
export function routerUrl(url: string): string {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  const segments = path.split('/').filter((segment) => segment !== '');
  const raw = `/${segments.join('/')}`.replaceAll('%', '%25').replaceAll('#', '%23');
  return at < 0 ? raw : raw + url.slice(at);
}

/**
 * Lets every method through to the routes and leaves the bodies alone: when a body may be read is part of the
 * order of judgement (REFERENCE 3), which is ours.
 */
export function takeAllMethods(app: FastifyInstance): void {
  for (const method of METHODS) {
    if (method !== 'CONNECT') app.addHttpMethod(method, { overrideExisting: true });
  }
}

/** The handlers of one path by method; all other methods are refused (REFERENCE 3 steps 2 and 3). */
export function addPath(
  app: FastifyInstance,
  url: string,
  handlers: readonly (readonly [method: 'GET' | 'POST', handler: RouteHandlerMethod])[],
): void {
  const allowed = handlers.map(([method]): string => method);
  for (const [method, handler] of handlers) app.route({ method, url, handler });
  app.route({
    method: METHODS.filter((method) => method !== 'CONNECT' && !allowed.includes(method)),
    url,
    handler: ({ method }, reply) =>
      send(
        reply,
        KNOWN_METHODS.includes(method)
          ? refuse(405, `${method} is not allowed here.`, { allow: allowed.join(', ') }).answer
          : refuse(501, `The method ${method} is not known.`).answer,
      ),
  });
}
