import { Reply } from 'zeromq';
import type { Clock } from '../clock.ts';
import type { ZmqContext } from './context.ts';
import { makeDropCounter } from './drop-counter.ts';
import type { HandshakeRate } from './handshake-rate.ts';

/** Decides which peers may connect (REFERENCE 15.7). */
export interface Zap {
  /** Before a socket of the same context binds. */
  start(): void;
  close(): Promise<void>;
}

/** One socket that asks here, under the name of its ZAP domain. */
export interface Door {
  /** True for the 32 bytes of a key that was admitted. Absent: the socket is not encrypted. */
  allows?: (curveKey: Buffer) => boolean;
  /** True while there is no room for another connection. */
  isFull: () => boolean;
  rate: HandshakeRate;
}

/** What the handler needs. */
export interface ZapDeps {
  context: ZmqContext;
  clock: Pick<Clock, 'now' | 'after'>;
  log: {
    debug(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  count: (name: string, n?: number) => void;
  /** By domain. */
  doors: Readonly<Record<string, Door>>;
}

/** libzmq asks here; the address and the version are those of ZeroMQ RFC 27. */
const ADDRESS = 'inproc://zeromq.zap.01';
const VERSION = '1.0';
const CURVE_KEY_BYTES = 32;
/**
 * libzmq keeps two queues, 14 KB, between each connection that asked and the socket that answered it, for as long as
 * both are there. So after so many answers another socket takes the address, and the queues go with the one before:
 * those of the next connections take their memory.
 */
const ANSWERS = 500;
/**
 * Milliseconds between two looks at a socket without the address. It ends when it has answered nobody from one to the
 * next: a server that was held up has read by then what waited for it, and nobody's handshake waits in vain.
 */
const LOOK = 500;

/**
 * 400 tells the peer that it is not wanted, and libzmq's clients give up. 300 tells it nothing: it waits until
 * this server ends the handshake (`HANDSHAKE_INTERVAL`), and libzmq's clients then connect again by themselves.
 */
interface Verdict {
  status: '200' | '300' | '400';
  text: string;
}

interface Answering {
  answers: number;
  /** Resolves when it reads no more. */
  ended: Promise<void>;
}

/** Makes the handler of one context; a context takes one. */
export function makeZap(deps: ZapDeps): Zap {
  const { clock } = deps;
  const make = (): Reply => new Reply({ context: deps.context, linger: 0 });
  const postponed = makeDropCounter(deps, 'connections were told to come later');
  /** All that answer; the newest has the address. */
  const answering = new Map<Reply, Answering>();
  let newest: Reply | undefined;
  let isClosed = false;
  const looks = new Set<() => void>();

  /** At once on this thread: who asks between two holders of the address, some 20 microseconds, has to come again. */
  function hold(socket: Reply): void {
    const own = { answers: 0, ended: Promise.resolve() };
    answering.set(socket, own);
    // Lets the address go: libzmq does the same for both words, `unbind` works on another thread, and `unbindSync` of
    // zeromq.js 6.8 binds.
    newest?.disconnect(ADDRESS);
    socket.bindSync(ADDRESS);
    newest = socket;
    own.ended = answerAll(socket, own);
  }

  async function end(socket: Reply): Promise<void> {
    socket.close();
    await answering.get(socket)?.ended;
    answering.delete(socket);
  }

  function giveWay(): void {
    const old = newest;
    try {
      hold(make());
    } catch (error) {
      // Out of descriptors: the old one goes on.
      deps.log.warn({ err: error }, 'the ZAP handler keeps its socket');
      return;
    }
    if (old !== undefined) endWhenQuiet(old);
  }

  /** `before`: how many it had answered at the last look. */
  function endWhenQuiet(socket: Reply, before?: number): void {
    const cancel = clock.after(LOOK, () => {
      looks.delete(cancel);
      const answers = answering.get(socket)?.answers;
      if (answers === before) void end(socket);
      else endWhenQuiet(socket, answers);
    });
    looks.add(cancel);
  }

  /** Every request gets an answer, whatever it holds: a REP socket without one is stuck. */
  async function answerAll(socket: Reply, own: Answering): Promise<void> {
    for await (const request of socket) {
      // The last word of a socket that is closed is what waited to be read; to answer it would throw.
      if (socket.closed) return;
      const { status, text } = judge(request, deps);
      if (status === '300') postponed.count({ peer: peerOf(request), reason: text });
      // version, request id, status code, status text, user id, metadata
      await socket
        .send([VERSION, request[1] ?? '', status, text, '', ''])
        .catch((error: unknown) => {
          if (!socket.closed) deps.log.warn({ err: error }, 'a ZAP answer could not be sent');
        });
      own.answers += 1;
      if (own.answers % ANSWERS === 0 && socket === newest && !isClosed) giveWay();
    }
  }

  return {
    start() {
      hold(make());
    },
    async close() {
      isClosed = true;
      postponed.stop();
      for (const cancel of looks) cancel();
      await Promise.all([...answering.keys()].map(end));
    },
  };
}

/** Frames: version, request id, domain, peer address, routing id, mechanism, credentials. */
function judge(request: readonly Buffer[], { doors, clock, log, count }: ZapDeps): Verdict {
  const [version, , domain, , , mechanism, curveKey] = request;
  const peer = peerOf(request);
  const door = domain === undefined ? undefined : doorOf(doors, domain.toString('latin1'));
  if (
    version?.toString('latin1') !== VERSION ||
    mechanism === undefined ||
    door === undefined ||
    peer === undefined
  ) {
    log.warn({ peer }, 'a malformed ZAP request was refused');
    return { status: '400', text: 'Bad request' };
  }
  if (mechanism.toString('latin1') !== (door.allows === undefined ? 'NULL' : 'CURVE')) {
    log.debug({ peer }, 'a connection with another mechanism was refused');
    return { status: '400', text: 'Unknown mechanism' };
  }
  if (door.allows !== undefined) {
    if (request.length !== 7 || curveKey?.length !== CURVE_KEY_BYTES || !door.allows(curveKey)) {
      count('handshakes_refused_key');
      log.debug({ peer }, 'a CURVE key that was not admitted was refused');
      return { status: '400', text: 'No such client' };
    }
  }
  if (door.isFull()) {
    count('handshakes_postponed_full');
    return { status: '300', text: 'Too many connections' };
  }
  if (!door.rate.allows(peer, curveKey, clock.now())) {
    count('handshakes_postponed_rate');
    return { status: '300', text: 'Too many handshakes' };
  }
  return { status: '200', text: '' };
}

function peerOf(request: readonly Buffer[]): string | undefined {
  return request[3]?.toString('latin1');
}

function doorOf(doors: ZapDeps['doors'], domain: string): Door | undefined {
  return Object.hasOwn(doors, domain) ? doors[domain] : undefined;
}
