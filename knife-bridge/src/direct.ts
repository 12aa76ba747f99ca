import type { Agent as HttpAgent, ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Connections, Outgoing } from './connection.ts';
import { codeOf } from './errors.ts';
import { Agent, request as httpRequest } from './node-http.ts';
import type { TlsOptions } from './tls.ts';

/** Milliseconds to reach a server, with its TLS. */
const CONNECT_MS = 30_000;
/** Milliseconds in which nothing comes, once it is reached. */
const SILENT_MS = 300_000;
/** Milliseconds that a connection is kept which nobody uses: servers close theirs later. */
const IDLE_MS = 4000;
/** Requests at once: one, beside a feed. */
const SOCKETS = 2;

/** Connections to a server without a proxy, by Node's own client: it is there in a third of the time of another. */
export function openDirect(url: URL, tls: TlsOptions): Connections {
  const pool = { keepAlive: true, maxSockets: SOCKETS, timeout: IDLE_MS };
  const isTls = url.protocol === 'https:';
  /** A request that waited for one of them is not told that it is used again. */
  const reached = new WeakSet<Socket>();
  let opened: Promise<{ agent: HttpAgent; request: typeof httpRequest }> | undefined;

  async function open(): Promise<{ agent: HttpAgent; request: typeof httpRequest }> {
    if (!isTls) return { agent: new Agent(pool), request: httpRequest };
    const https = await import('node:https');
    return { agent: new https.Agent({ ...pool, ...tls }), request: https.request };
  }

  return {
    request: async (asked) => {
      const { agent, request } = await (opened ??= open());
      const { path, method, headers, signal } = asked;
      signal.throwIfAborted();
      const { protocol, port } = url;
      const hostname = url.hostname.replace(/^\[|\]$/g, '');
      const made = request({
        agent,
        protocol,
        hostname,
        port,
        path,
        method,
        headers,
        signal,
        timeout: CONNECT_MS,
      });
      const connected = isTls ? 'secureConnect' : 'connect';
      return answerTo(made, asked, (socket, act) => {
        const actNow = (): void => {
          reached.add(socket);
          act();
        };
        if (reached.has(socket)) actNow();
        else socket.once(connected, actNow);
      });
    },
    close: async () => {
      (await opened)?.agent.destroy();
    },
  };
}

function answerTo(
  made: ClientRequest,
  { body, signal, headersTimeout = SILENT_MS }: Outgoing,
  onceReached: (socket: Socket, act: () => void) => void,
): ReturnType<Connections['request']> {
  return new Promise((resolve, reject) => {
    let stage = 'UND_ERR_CONNECT_TIMEOUT';
    let response: IncomingMessage | undefined;
    made.on('timeout', () => {
      const late = Object.assign(new Error('nothing came in time'), { code: stage });
      (response ?? made).destroy(late);
    });
    made.on('socket', (socket) => {
      onceReached(socket, () => {
        stage = 'UND_ERR_HEADERS_TIMEOUT';
        socket.setTimeout(headersTimeout);
      });
    });
    made.on('error', (error) => {
      reject(reasonOf(error, signal));
    });
    // After a 101 that nobody asked for, nothing else is said.
    made.on('close', () => {
      reject(reasonOf(closed(), signal));
    });
    made.on('response', (came) => {
      response = came;
      stage = 'UND_ERR_BODY_TIMEOUT';
      came.socket.setTimeout(SILENT_MS);
      const { statusCode = 0, headers } = came;
      resolve({ statusCode, headers, body: piecesOf(came, signal) });
    });
    made.end(body);
  });
}

async function* piecesOf(response: IncomingMessage, signal: AbortSignal): AsyncIterable<Buffer> {
  try {
    for await (const piece of response) yield piece as Buffer;
  } catch (error) {
    throw reasonOf(error, signal);
  }
}

/** An end of the connection that the system did not report is said as what it is. */
function reasonOf(error: unknown, signal: AbortSignal): Error {
  if (signal.aborted && signal.reason instanceof Error) return signal.reason;
  if (!(error instanceof Error)) return new Error(String(error));
  if (codeOf(error) !== 'ECONNRESET' || 'syscall' in error) return error;
  return closed(error);
}

function closed(cause?: Error): Error {
  const code = 'UND_ERR_SOCKET';
  return Object.assign(new Error('the connection was closed', { cause }), { code });
}
