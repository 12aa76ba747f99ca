import type { Server } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { refuse, send } from './answer.ts';

interface Clock {
  after(ms: number, action: () => void): () => void;
}

/** Lets an API come to its end. */
export interface Drain {
  /**
   * From now on: no new connection, no new work (503), every answer is the last one of its connection. Resolves when
   * all connections have ended, or at the deadline.
   */
  drain(servers: readonly Server[]): Promise<void>;
}

/** Milliseconds that requests which have begun may take. */
const DEADLINE = 10_000;
/** Seconds after which whoever was refused finds a server again. */
const RETRY_AFTER = '5';

/** Must be made before the API listens. */
export function makeDrain(app: FastifyInstance, clock: Clock): Drain {
  let draining = false;
  app.addHook('onRequest', async ({ method }, reply) => {
    if (!draining || method !== 'POST') return undefined;
    const refusal = refuse(503, 'The server is stopping.', { 'retry-after': RETRY_AFTER });
    return send(reply, refusal.answer);
  });
  app.addHook('onSend', (_, reply, __, done) => {
    if (draining) reply.header('connection', 'close');
    done();
  });

  return {
    async drain(servers) {
      draining = true;
      let cancel: (() => void) | undefined;
      const deadline = new Promise<void>((resolve) => {
        cancel = clock.after(DEADLINE, resolve);
      });
      await Promise.race([Promise.all(servers.map(ended)), deadline]);
      cancel?.();
    },
  };
}

/** The server takes no more connections, idle ones are closed; resolves with the last. */
function ended(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
