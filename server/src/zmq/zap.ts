import { Reply } from 'zeromq';
import type { ZmqContext } from './context.ts';

/** Decides which CURVE keys may connect (REFERENCE 15.7). */
export interface Zap {
  /** Must have resolved before the command socket of the same context binds. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** What the handler needs. */
export interface ZapDeps {
  context: ZmqContext;
  log: {
    debug(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  /** True for the 32 bytes of a key that was admitted. */
  allows: (curveKey: Buffer) => boolean;
}

/** libzmq asks here; the address and the version are those of ZeroMQ RFC 27. */
const ADDRESS = 'inproc://zeromq.zap.01';
const VERSION = '1.0';
const CURVE_KEY_BYTES = 32;

interface Verdict {
  status: '200' | '400';
  text: string;
}

/** Makes the handler of one context; a context takes one. */
export function makeZap(deps: ZapDeps): Zap {
  const socket = new Reply({ context: deps.context, linger: 0 });
  let answering: Promise<void> | undefined;
  return {
    async start() {
      await socket.bind(ADDRESS);
      answering = answerAll(socket, deps);
    },
    async close() {
      socket.close();
      await answering;
    },
  };
}

/** Every request gets an answer, whatever it holds: a REP socket without one is stuck. */
async function answerAll(socket: Reply, deps: ZapDeps): Promise<void> {
  for await (const request of socket) {
    const { status, text } = judge(request, deps);
    // version, request id, status code, status text, user id, metadata
    await socket.send([VERSION, request[1] ?? '', status, text, '', '']).catch((error: unknown) => {
      if (!socket.closed) deps.log.warn({ err: error }, 'a ZAP answer could not be sent');
    });
  }
}

/** Frames: version, request id, domain, peer address, routing id, mechanism, credentials. */
function judge(request: readonly Buffer[], { allows, log }: ZapDeps): Verdict {
  const [version, , , peer, , mechanism, curveKey] = request;
  const fields = { peer: peer?.toString('latin1') };
  if (version?.toString('latin1') !== VERSION || mechanism === undefined) {
    log.warn(fields, 'a malformed ZAP request was refused');
    return { status: '400', text: 'Bad request' };
  }
  if (mechanism.toString('latin1') !== 'CURVE') {
    log.debug(fields, 'a connection without CURVE was refused');
    return { status: '400', text: 'Unknown mechanism' };
  }
  if (request.length !== 7 || curveKey?.length !== CURVE_KEY_BYTES || !allows(curveKey)) {
    log.debug(fields, 'a CURVE key that was not admitted was refused');
    return { status: '400', text: 'No such client' };
  }
  return { status: '200', text: '' };
}
