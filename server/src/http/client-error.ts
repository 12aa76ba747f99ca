import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';

/** What Node's parser complains of, by the code of its error; everything else is 400. */
const REFUSALS: Readonly<Record<string, readonly [status: number, text: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers of the request are too long.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
};

/**
 * Answers what is no HTTP, or comes too slowly, in the shape of every other refusal: there is no request yet that
 * a route could judge. The connection ends.
 */
export function answerClientError(
  error: Error & { code?: string; bytesParsed?: number },
  socket: Socket,
): void {
  // Nobody hears an answer, or it would come in the middle of another one.
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const [status, text] = REFUSALS[error.code ?? ''] ?? [400, 'This is not an HTTP request.'];
  const body = JSON.stringify({ error: [text] });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
    () => {
      socket.destroy();
    },
  );
}

/** True when an answer has begun on this connection: Node keeps it beside the socket. */
function isAnswering(socket: Socket): boolean {
  const message: unknown = '_httpMessage' in socket ? socket._httpMessage : undefined;
  return (
    typeof message === 'object' &&
    message !== null &&
    'headersSent' in message &&
    message.headersSent === true
  );
}
