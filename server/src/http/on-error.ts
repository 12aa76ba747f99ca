import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuse, send } from './answer.ts';

interface Log {
  error(fields: object, message: string): void;
}

/**
 * Answers what was thrown: 503 for a store that is away (Decision 2), 502 for a Chef server that does not answer as
 * it should, 503 for an answer that takes too long, 500 for the rest; each is logged.
 */
export function makeErrorHandler(log: Log, isUnavailable: (error: unknown) => boolean) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    // The sender went away in the middle of his request: nobody hears the answer.
    if (request.raw.destroyed && !request.raw.complete) return reply.code(400).send();
    const { method, originalUrl } = request;
    const path = originalUrl.split('?')[0];
    if (isUnavailable(error)) {
      log.error({ err: error, method, path }, 'request needs the database, which is away');
      return send(reply, refuse(503, 'The database is not available. Try again later.').answer);
    }
    if (isDirectoryFailure(error)) {
      log.error({ err: error, method, path }, 'request needs the Chef server, which fails');
      return send(
        reply,
        refuse(502, `The Chef server could not be asked: ${error.message}`).answer,
      );
    }
    if (codeOf(error) === 'FST_ERR_HANDLER_TIMEOUT') {
      log.error({ err: error, method, path }, 'request took too long');
      return send(reply, refuse(503, 'The answer took too long. Try again later.').answer);
    }
    log.error({ err: error, method, path }, 'request failed');
    return send(reply, refuse(500, 'The server could not answer this request.').answer);
  };
}

/** What the directory's port promises to reject with; both name the call and the reason. */
function isDirectoryFailure(error: unknown): error is Error {
  const code = codeOf(error);
  return code === 'directory_unreachable' || code === 'directory_failed';
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
