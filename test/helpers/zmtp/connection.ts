import { connect, type Socket } from 'node:net';
import type { Pings } from '../../../client/src/core/pings.ts';
import { makeCurveClient, type CurveClient, type CurveClientKeys } from './curve.ts';
import {
  command,
  COMMAND,
  encodeFrame,
  isCommand,
  makeFrameReader,
  metadata,
  MORE,
} from './frames.ts';

/** How one socket speaks. Times in milliseconds. */
export interface Manner {
  readonly host: string;
  readonly port: number;
  readonly type: 'DEALER' | 'SUB';
  /** Absent: the NULL mechanism. */
  readonly curve?: CurveClientKeys | undefined;
  readonly connectTimeout: number;
  /** From the connection to the end of the handshake; asked for each. */
  readonly handshakeTimeout: () => number;
  /** Pings while the connection stands. */
  readonly ping?: Pings | undefined;
}

/** How a connection ends. */
export type Ending =
  /** There was none: nobody listens, or nobody answered. */
  | 'unreached'
  | 'closed'
  /** The server did not shake hands in time. */
  | 'late'
  /** The server said no. */
  | 'denied'
  /** What came is no ZMTP. */
  | 'confused';

/** One connection, from the call to its end. */
export interface Connection {
  /** False while it is slow: the message is not taken. */
  send(parts: readonly Buffer[]): boolean;
  close(): void;
}

/** Whom it tells. */
export interface Listener {
  /** Somebody listens: the handshake begins. */
  reached(): void;
  /** The handshake is done. */
  ready(): void;
  message(parts: Buffer[]): void;
  /** Nothing comes after it; not told after `close`. */
  ended(how: Ending): void;
}

/** All connections of a process read into it, one at a time. */
const CHUNK = Buffer.allocUnsafe(65_536);
/** Bytes that may wait for a server that does not read. */
const MAX_UNSENT = 65_536;
const SIGNATURE = Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f]);
const GREETING = 64;
const MAJOR = Buffer.from([3]);
const PING = command('PING', Buffer.alloc(2));

/** Begins one. */
export function openConnection(manner: Manner, listener: Listener): Connection {
  let stage: 'connecting' | 'greeting' | 'shaking' | 'ready' | 'over' = 'connecting';
  let greeted = Buffer.alloc(0);
  let greetingSent = 0;
  let curve: CurveClient | undefined;
  let parts: Buffer[] = [];
  let unwritten: Buffer[] = [];
  /** A ping was sent that nothing has come after. */
  let isPinged = false;
  let pinging: NodeJS.Timeout | undefined;
  let deadline: NodeJS.Timeout | undefined = setTimeout(end, manner.connectTimeout, 'unreached');
  const reader = makeFrameReader(onFrame);
  const socket: Socket = connect({
    host: manner.host,
    port: manner.port,
    noDelay: true,
    onread: { buffer: CHUNK, callback: onRead },
  });
  socket.once('connect', () => {
    clearTimeout(deadline);
    deadline = setTimeout(end, manner.handshakeTimeout(), 'late');
    listener.reached();
    stage = 'greeting';
    socket.write(SIGNATURE);
  });
  socket.once('error', () => {
    end(stage === 'connecting' ? 'unreached' : 'closed');
  });
  socket.once('close', () => {
    end('closed');
  });

  function end(how: Ending): void {
    if (stage === 'over') return;
    stop();
    listener.ended(how);
  }

  function stop(): void {
    flush();
    stage = 'over';
    clearTimeout(deadline);
    clearTimeout(pinging);
    socket.destroy();
  }

  function onRead(size: number): boolean {
    const chunk = CHUNK.subarray(0, size);
    isPinged = false;
    if (stage !== 'greeting') reader.read(chunk);
    else onGreeting(chunk);
    return true;
  }

  /** Both say ten bytes, then one more when they have seen those, then the rest, as libzmq does. */
  function onGreeting(chunk: Buffer): void {
    greeted = Buffer.concat([greeted, chunk]);
    if (greeted.length >= 10 && greetingSent === 0) {
      greetingSent = 1;
      socket.write(MAJOR);
    }
    if (greeted.length >= 11 && greetingSent === 1) {
      greetingSent = 2;
      if ((greeted[10] ?? 0) < 3) {
        end('confused');
        return;
      }
      const rest = Buffer.alloc(GREETING - 11);
      rest[0] = 1;
      rest.write(manner.curve === undefined ? 'NULL' : 'CURVE', 1, 'latin1');
      socket.write(rest);
    }
    if (greeted.length < GREETING) return;
    stage = 'shaking';
    shake();
    const after = greeted.subarray(GREETING);
    if (after.length > 0) reader.read(after);
  }

  function shake(): void {
    if (manner.curve === undefined) {
      const body = command('READY', metadata({ 'Socket-Type': manner.type }));
      socket.write(encodeFrame(COMMAND, body));
      return;
    }
    curve = makeCurveClient(manner.curve, metadata({ 'Socket-Type': manner.type, Identity: '' }));
    socket.write(curve.hello());
  }

  function onFrame(flags: number, body: Buffer): boolean {
    if (stage === 'shaking') onHandshake(flags, body);
    else if (curve === undefined) onPlain(flags, body);
    else {
      const opened = curve.open(body);
      if (opened === undefined) end('confused');
      else onPlain(opened.flags, opened.payload);
    }
    return stage !== 'over';
  }

  function onHandshake(flags: number, body: Buffer): void {
    if (isCommand(body, 'ERROR')) {
      end('denied');
      return;
    }
    if (curve === undefined ? isCommand(body, 'READY') : curve.isReady(body)) {
      stage = 'ready';
      clearTimeout(deadline);
      if (manner.type === 'SUB') socket.write(encodeFrame(COMMAND, command('SUBSCRIBE')));
      if (manner.ping !== undefined) pingAfter(manner.ping.everyMs, manner.ping);
      listener.ready();
      return;
    }
    const initiate = flags === COMMAND ? curve?.initiate(body) : undefined;
    if (initiate === undefined) end('confused');
    else socket.write(initiate);
  }

  function onPlain(flags: number, body: Buffer): void {
    if ((flags & COMMAND) !== 0) {
      if (isCommand(body, 'PING')) write(COMMAND, command('PONG', body.subarray(7)));
      return;
    }
    // What was unsealed is the message's own; what was not lies in the buffer that all share.
    parts.push(curve === undefined ? keep(body) : body);
    if ((flags & MORE) !== 0) return;
    const message = parts;
    parts = [];
    listener.message(message);
  }

  /** What is said in one turn goes in one piece, as libzmq's thread hands it to the kernel. */
  function write(flags: number, body: Buffer): void {
    if (unwritten.length === 0) process.nextTick(flush);
    unwritten.push(curve?.seal(flags, body) ?? encodeFrame(flags, body));
  }

  function flush(): void {
    if (unwritten.length === 0 || stage === 'over') return;
    socket.write(unwritten.length === 1 ? (unwritten[0] ?? '') : Buffer.concat(unwritten));
    unwritten = [];
  }

  function pingAfter(ms: number, pings: Pings): void {
    pinging = setTimeout(() => {
      isPinged = true;
      write(COMMAND, PING);
      pinging = setTimeout(() => {
        // What came while thousands of others had their turn is read first, as libzmq's own thread would have.
        setImmediate(() => {
          if (stage === 'over') return;
          if (isPinged) end('closed');
          else pingAfter(pings.everyMs - pings.timeoutMs, pings);
        });
      }, pings.timeoutMs);
    }, ms);
  }

  return {
    send: (message) => {
      if (stage !== 'ready' || socket.writableLength > MAX_UNSENT) return false;
      message.forEach((part, i) => {
        write(i < message.length - 1 ? MORE : 0, part);
      });
      return true;
    },
    close: () => {
      if (stage !== 'over') stop();
    },
  };
}

/** What came last without CURVE: all agents of a process hear the same broadcast, which they need not keep each. */
const kept: Buffer[] = [];
const KEPT = 4;

function keep(body: Buffer): Buffer {
  const known = kept.find((bytes) => bytes.equals(body));
  if (known !== undefined) return known;
  const copy = Buffer.from(body);
  if (kept.unshift(copy) > KEPT) kept.pop();
  return copy;
}
