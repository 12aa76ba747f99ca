import type { FastifyInstance } from 'fastify';
import { refuse, send } from './answer.ts';
import { holdPlace } from './answering.ts';
import { makeRush, type RushDeps } from './rush.ts';

/** What bounds the listener. */
export interface BoundsDeps extends RushDeps {
  log: { warn(fields: object, message: string): void };
  /** Counts what is refused. */
  count: (name: string, n?: number) => void;
  /** Connections; each takes a descriptor. */
  maxConnections: number;
}

/** Milliseconds between two lines about refused connections. */
const QUIET = 10_000;
/** Answered at any time: whoever watches the server must not take its load for its end. */
const UNBOUNDED = '/pushy/_status';

/** Bounds connections and requests; what is too much is refused, counted and said. */
export function applyBounds(app: FastifyInstance, deps: BoundsDeps): void {
  const { clock, count } = deps;
  const rush = makeRush(deps);
  const refused = makeQuietWarning(deps);

  app.server.maxConnections = deps.maxConnections;
  app.server.on('drop', () => {
    count('http_connections_refused');
    refused({ max: deps.maxConnections }, 'HTTP connections were refused: there are too many');
  });
  // Without a listener it would be an uncaught error: the kernel had no descriptor, not even for a refusal.
  app.server.on('error', (error) => {
    count('http_connections_failed');
    refused({ err: error }, 'HTTP connections could not be accepted');
  });

  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.url === UNBOUNDED) return;
    const isGone = (): boolean => reply.raw.destroyed || request.raw.socket.destroyed;
    let leave = await rush.enter();
    if (leave === undefined) {
      count('http_requests_refused');
      return send(
        reply,
        refuse(503, 'The server is busy. Try again.', { 'retry-after': '1' }).answer,
      );
    }
    if (isGone()) {
      // Whoever asked has gone while he waited: there is nobody to judge, and nobody to answer.
      leave();
      return reply.hijack();
    }
    holdPlace(reply, {
      leave: () => leave?.(),
      async comeBack() {
        leave = await rush.enter();
        if (leave === undefined) count('http_requests_refused');
        if (isGone()) leave?.();
        return leave !== undefined;
      },
    });
    reply.raw.once('close', () => leave?.());
    return undefined;
  });

  function makeQuietWarning({ log }: BoundsDeps): BoundsDeps['log']['warn'] {
    let quiet = false;
    let unsaid = 0;
    return (fields, message) => {
      unsaid += 1;
      if (quiet) return;
      quiet = true;
      log.warn({ ...fields, refused: unsaid }, message);
      unsaid = 0;
      clock.after(QUIET, () => {
        quiet = false;
      });
    };
  }
}
