import { Dealer, Subscriber, curveKeyPair } from 'zeromq';
import type { Frames } from '@pushy/protocol';
import { makeBoundedQueue } from './bounded-queue.ts';
import type { Clock } from './clock.ts';
import { longestHandshakeMs } from './core/handshake.ts';
import { pingsFor } from './core/pings.ts';
import { messageOf } from './errors.ts';
import { holdSocket, type HeldSocket, type SocketEvent } from './link/held-socket.ts';
import type { Log } from './log.ts';
import type { CurveKeys } from './link/session.ts';

/** Where the sockets go. */
export interface LinkTarget {
  /** `tcp://host:port` of the server's ROUTER. */
  readonly commandAddress: string;
  /** `tcp://host:port` of the server's PUB. */
  readonly broadcastAddress: string;
  /** Absent: not encrypted. */
  readonly curve?: CurveKeys & { readonly serverKey: string };
  /** Between heartbeats, milliseconds: what every deadline of the sockets is measured by (Decision 9). */
  readonly intervalMs: number;
  /** The server is known to answer the pings of ZMTP 3.1; an old libzmq does not. */
  readonly answersPings: boolean;
}

/** What comes in. */
export type LinkEvent =
  | { readonly kind: 'command' | 'broadcast'; readonly frames: readonly Buffer[] }
  /** Of the command channel; of the socket of the broadcast only that its server is reached. */
  | SocketEvent;

/** The agent's two sockets (REFERENCE 15.1): DEALER for commands, SUB for the broadcast. */
export interface Link {
  /** Closes what is open and connects anew; what was received and not read yet is forgotten. */
  open(target: LinkTarget): void;
  /**
   * Opens anew what stands, or will not come by itself; what is being connected goes on, for a crowded server would
   * have to begin it once more. Nothing where the link is closed.
   */
  renew(what: 'both' | 'broadcast'): void;
  /** Hands one message to the command channel, one at a time; rejects when it closes or takes too long. */
  send(frames: Frames): Promise<void>;
  events(signal: AbortSignal): AsyncIterable<LinkEvent>;
  close(): void;
}

/** Messages that may wait for the agent; more of them wait in the sockets. */
const INCOMING_LIMIT = 1000;
/** A commit holds a whole job request, whose HTTP body has at most 1,000,000 bytes. */
const MAX_COMMAND_BYTES = 1_200_000;
const MAX_BROADCAST_BYTES = 65_536;
/** How long a message may wait for a connection, milliseconds. */
const SEND_TIMEOUT_MS = 60_000;
/** Least of the deadlines below, milliseconds. */
const LEAST_MS = 1000;

/** What a link needs. */
export interface LinkDeps {
  readonly log: Pick<Log, 'warn'>;
  readonly clock: Pick<Clock, 'elapsed' | 'after'>;
  readonly random: () => number;
}

interface Sockets {
  readonly command: HeldSocket<Dealer>;
  readonly broadcast: HeldSocket<Subscriber>;
}

/** A CURVE pair for one life of the agent. */
export function newCurveKeys(): CurveKeys {
  return curveKeyPair();
}

/** Makes the link, closed. */
export function makeLink({ log, clock, random }: LinkDeps): Link {
  const queue = makeBoundedQueue<LinkEvent>(INCOMING_LIMIT);
  let sockets: Sockets | undefined;

  function close(): void {
    const old = sockets;
    sockets = undefined;
    old?.command.close();
    old?.broadcast.close();
    queue.clear();
  }

  async function read(kind: 'command' | 'broadcast', socket: Dealer | Subscriber): Promise<void> {
    for await (const frames of socket) {
      if (sockets?.[kind].current !== socket) return;
      await queue.push({ kind, frames });
    }
  }

  function start(kind: 'command' | 'broadcast', socket: Dealer | Subscriber): void {
    // Not before the socket is known here: what a former one still reads is dropped.
    queueMicrotask(() => {
      read(kind, socket).catch((error: unknown) => {
        log.warn({ error: messageOf(error) }, 'a socket cannot be read any more');
      });
    });
  }

  function openSockets(target: LinkTarget): Sockets {
    const common = {
      intervalMs: target.intervalMs,
      // Without CURVE an old libzmq stands at once and says nothing of a handshake.
      shakesHands: target.curve !== undefined,
      clock,
      random,
      retryMs: () => reconnectInterval(target) * (1 + random()),
    };
    return {
      command: holdSocket<Dealer>({
        ...common,
        address: target.commandAddress,
        make: () => newDealer(target),
        read: (socket) => {
          start('command', socket);
        },
        tell: (event) => void queue.push(event),
      }),
      broadcast: holdSocket<Subscriber>({
        ...common,
        address: target.broadcastAddress,
        make: () => newSubscriber(target),
        read: (socket) => {
          start('broadcast', socket);
        },
        tell: (event) => {
          if (event.kind === 'reached') void queue.push(event);
        },
      }),
    };
  }

  return {
    open: (target) => {
      close();
      sockets = openSockets(target);
    },
    renew: (what) => {
      sockets?.broadcast.renew();
      if (what === 'both') sockets?.command.renew();
    },
    send: async (frames) => {
      const command = sockets?.command;
      if (command === undefined) throw new Error('the link is closed');
      for (;;) {
        const socket = command.current;
        try {
          await socket.send([...frames]);
          return;
        } catch (error) {
          // One that was closed by itself, for its handshake was late: the message waits for the next.
          if (sockets?.command !== command || command.current === socket) throw error;
        }
      }
    },
    events: (signal) => queue.items(signal),
    close,
  };
}

function newDealer(target: LinkTarget): Dealer {
  const { intervalMs, curve } = target;
  const { everyMs, timeoutMs } = pingsFor(intervalMs);
  return new Dealer({
    ...commonOptions(target),
    receiveHighWaterMark: INCOMING_LIMIT,
    sendHighWaterMark: 3,
    // Nothing is handed to a connection that does not stand: what waits survives a reopening.
    immediate: true,
    sendTimeout: SEND_TIMEOUT_MS,
    maxMessageSize: MAX_COMMAND_BYTES,
    // Given up when the server's host acknowledges no data for so long.
    tcpMaxRetransmitTimeout: Math.max(2 * intervalMs, LEAST_MS),
    // Or, behind a proxy that acknowledges for a server that is not there any more, when it answers no ping.
    ...(target.answersPings ? { heartbeatInterval: everyMs, heartbeatTimeout: timeoutMs } : {}),
    ...(curve === undefined
      ? {}
      : {
          curveServerKey: curve.serverKey,
          curvePublicKey: curve.publicKey,
          curveSecretKey: curve.secretKey,
        }),
  });
}

function newSubscriber(target: LinkTarget): Subscriber {
  const socket = new Subscriber({
    ...commonOptions(target),
    receiveHighWaterMark: INCOMING_LIMIT,
    maxMessageSize: MAX_BROADCAST_BYTES,
  });
  socket.subscribe();
  return socket;
}

/** libzmq asks for the address of a name at each attempt: a name that moves is followed. */
function commonOptions(target: LinkTarget) {
  const { intervalMs } = target;
  return {
    linger: 0,
    // Without a largest interval libzmq waits for a random time from one to two times this one.
    reconnectInterval: reconnectInterval(target),
    // Whoever holds the socket gives up before that.
    handshakeInterval: 2 * longestHandshakeMs(intervalMs),
    // The attempt, not the connection: the kernel alone would take two minutes.
    connectTimeout: Math.max(intervalMs, LEAST_MS),
  };
}

/**
 * A quarter to a half of an interval, so that thousands that lost the same server do not come back in one moment.
 */
function reconnectInterval({ intervalMs }: LinkTarget): number {
  return Math.max(1, Math.floor(intervalMs / 4));
}
