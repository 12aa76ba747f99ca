import {
  DEFAULT_MAX_BODY_BYTES,
  MAX_HEADER_BYTES,
  type Frames,
  type TextFrames,
} from '@pushy/protocol';
import { Router } from 'zeromq';
import type { Clock } from '../clock.ts';
import { threadsFor, type ZmqContext } from './context.ts';
import { bindTo, SERVER_SOCKET_OPTIONS } from './endpoint.ts';
import { makeConnections, type Connections } from './connections.ts';
import { makeDropCounter } from './drop-counter.ts';

interface Log {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The command channel: a ROUTER that agents connect to (REFERENCE 15.1). */
export interface CommandSocket {
  connections: Pick<Connections, 'open' | 'isFull'>;
  /** Listens, for example on `tcp://*:10002`; answers the port. */
  bind(address: string): Promise<number>;
  /**
   * Hands a message over at once, never waits and never throws: an agent that is gone or does not read loses it. Text
   * is cheaper than bytes: for bytes libzmq's thread must tell this one that they are not needed any more.
   */
  send(address: Buffer, frames: Frames | TextFrames): void;
  /** Messages have come that were not read yet. */
  isBehind: () => boolean;
  /** Ends reading; libzmq lets the port go a moment later, on a thread of its own. */
  close(): Promise<void>;
}

/** What a command socket needs. */
export interface CommandSocketDeps {
  context: ZmqContext;
  clock: Pick<Clock, 'after'>;
  log: Log;
  /** The server's keys in Z85; without them the channel is not encrypted (`disable_curve_encryption`). */
  curve?: { publicKey: string; secretKey: string };
  /** `max_body_size`, bytes. */
  maxBodySize?: number;
  /** Connections at most. */
  maxConnections: number;
  /** Counts what is refused. */
  count: (name: string, n?: number) => void;
  /** Messages that wait for one agent at most. */
  highWaterMark?: number;
  /** The connection's address and the frames after it. */
  onFrames: (address: Buffer, frames: readonly Buffer[]) => void;
}

/** An agent is sent a handful of messages a minute: this many waiting ones mean that it does not read. */
const HIGH_WATER_MARK = 1_000;
/** No agent's address is empty. */
const NOBODY = Buffer.alloc(0);
/** The name under which this socket asks the ZAP handler. */
export const COMMAND_DOMAIN = 'commands';

/** Makes the command socket; it reads from its first bind on. */
export function makeCommandSocket(deps: CommandSocketDeps): CommandSocket {
  const { log, onFrames, maxBodySize = DEFAULT_MAX_BODY_BYTES } = deps;
  const socket = new Router({
    ...SERVER_SOCKET_OPTIONS,
    context: deps.context,
    ...threadsFor('commands', deps.context),
    // So that a send tells which messages could not be delivered.
    mandatory: true,
    sendHighWaterMark: deps.highWaterMark ?? HIGH_WATER_MARK,
    receiveHighWaterMark: deps.highWaterMark ?? HIGH_WATER_MARK,
    // libzmq cuts the connection of a peer that sends a longer frame. Twice the limit: what is merely too long
    // is dropped with a line in the log (REFERENCE 15.4), only what is absurd loses its connection.
    maxMessageSize: 2 * Math.max(maxBodySize, MAX_HEADER_BYTES),
    ...(deps.curve && {
      curveServer: true,
      curveSecretKey: deps.curve.secretKey,
      curvePublicKey: deps.curve.publicKey,
      // Without these libzmq lets everyone in when no ZAP handler is there.
      zapDomain: COMMAND_DOMAIN,
      zapEnforceDomain: true,
    }),
  });
  const connections = makeConnections({
    ...deps,
    socket: COMMAND_DOMAIN,
    events: socket.events,
    max: deps.maxConnections,
  });
  const dropped = makeDropCounter(deps, 'messages to agents that do not read were dropped');
  let reading: Promise<void> | undefined;

  function notSent(error: unknown): void {
    const code = codeOf(error);
    if (code === 'EAGAIN') {
      deps.count('messages_dropped_slow_reader');
      dropped.count();
    } else log.debug({ code }, 'message to an agent that is gone');
  }

  return {
    connections,
    async bind(address) {
      const port = await bindTo(socket, address);
      reading ??= readAll(socket, onFrames, log);
      return port;
    },
    send(address, [header, body]) {
      if (!socket.closed) socket.send([address, header, body]).catch(notSent);
    },
    isBehind() {
      if (socket.closed || !socket.readable) return false;
      // That look took the signal away by which libzmq wakes the reader, and no other comes while something is unread.
      // zeromq.js looks again after each send, and an address without a message goes to nobody.
      socket.send(NOBODY).catch(notSent);
      return true;
    },
    async close() {
      dropped.stop();
      // No unbind() before: it works on another thread and corrupts memory while agents come and go.
      socket.close();
      await reading;
      await connections.end();
    },
  };
}

/** One message after the other until the socket is closed; nothing that a message does ends it. */
async function readAll(
  socket: Router,
  onFrames: CommandSocketDeps['onFrames'],
  log: Log,
): Promise<void> {
  try {
    // Not `for await`: the iterator makes three promises more for each message.
    while (!socket.closed) {
      const message = await socket.receive();
      const [address] = message;
      if (address === undefined) continue;
      try {
        onFrames(address, message.slice(1));
      } catch (error) {
        log.error({ err: error }, 'a message from an agent was not handled');
      }
    }
  } catch (error) {
    // A read that waits when the socket is closed ends so.
    if (!socket.closed) throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
