import { Dealer, Subscriber, curveKeyPair } from 'zeromq';
import type { Frames } from '@pushy/protocol';
import { makeBoundedQueue } from './bounded-queue.ts';
import type { Log } from './log.ts';
import { messageOf } from './errors.ts';
import type { CurveKeys } from './session.ts';

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
  /** The command channel stands; `isAgain`: these sockets had a connection before, which was lost. */
  | { readonly kind: 'connected'; readonly isAgain: boolean }
  /** The connection of the command channel, which stood, is gone. */
  | { readonly kind: 'lost' }
  /**
   * A connection ended before it stood; `isDenied`: the server does not admit our CURVE key (ZAP); `isLate`: it did
   * not answer in time, and these sockets try again by themselves.
   */
  | { readonly kind: 'refused'; readonly isDenied: boolean; readonly isLate: boolean };

/** The agent's two sockets (REFERENCE 15.1): DEALER for commands, SUB for the broadcast. */
export interface Link {
  /** Closes what is open and connects anew; what was received and not read yet is forgotten. */
  open(target: LinkTarget): void;
  /** Opens the socket of the broadcast alone anew; nothing where the link is closed. */
  reopenBroadcast(): void;
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
const SEND_TIMEOUT_MS = 15_000;
/** Least of the deadlines below, milliseconds. */
const LEAST_MS = 1000;
/** The same for a handshake: a server to which thousands come back at once needs seconds for all. */
const LEAST_HANDSHAKE_MS = 3000;
/** A handshake that took this part of its time was given up here, not refused there. */
const LATE = 0.9;

/** What a link needs. */
export interface LinkDeps {
  readonly log: Pick<Log, 'warn'>;
  /** Milliseconds of a clock that never steps. */
  readonly elapsed: () => number;
}

interface Sockets {
  readonly command: Dealer;
  readonly broadcast: Subscriber;
  readonly target: LinkTarget;
}

/** A CURVE pair for one life of the agent. */
export function newCurveKeys(): CurveKeys {
  return curveKeyPair();
}

/** Makes the link, closed. */
export function makeLink({ log, elapsed }: LinkDeps): Link {
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
      if (sockets?.[kind] !== socket) return;
      await queue.push({ kind, frames });
    }
  }

  /**
   * libzmq itself connects again after most losses, but not after a refusal by ZAP nor after bytes that are no ZMTP:
   * whoever reads these events has to see to it that such sockets are opened anew.
   */
  function watch(socket: Dealer, target: LinkTarget): void {
    const { curve } = target;
    let stands = false;
    let begun = elapsed();
    let isAgain = false;
    let isDenied = false;
    const push = (event: LinkEvent): void => {
      if (sockets?.command === socket) void queue.push(event);
    };
    socket.events.on('connect', () => {
      begun = elapsed();
    });
    // Without CURVE an old libzmq stands at once and says nothing of a handshake.
    socket.events.on(curve === undefined ? 'connect' : 'handshake', () => {
      push({ kind: 'connected', isAgain });
      stands = isAgain = true;
    });
    socket.events.on('handshake:error:auth', () => {
      isDenied = true;
    });
    socket.events.on('disconnect', () => {
      const isLate = elapsed() - begun >= LATE * handshakeInterval(target);
      push(stands ? { kind: 'lost' } : { kind: 'refused', isDenied, isLate });
      stands = isDenied = false;
    });
  }

  function start(reading: Promise<void>): void {
    reading.catch((error: unknown) => {
      log.warn({ error: messageOf(error) }, 'a socket cannot be read any more');
    });
  }

  return {
    open: (target) => {
      close();
      const command = openCommand(target);
      sockets = { command, broadcast: openBroadcast(target), target };
      watch(command, target);
      command.connect(target.commandAddress);
      sockets.broadcast.connect(target.broadcastAddress);
      start(read('command', command));
      start(read('broadcast', sockets.broadcast));
    },
    reopenBroadcast: () => {
      if (sockets === undefined) return;
      const { target, broadcast: old } = sockets;
      const broadcast = openBroadcast(target);
      sockets = { ...sockets, broadcast };
      old.close();
      broadcast.connect(target.broadcastAddress);
      start(read('broadcast', broadcast));
    },
    send: async (frames) => {
      if (sockets === undefined) throw new Error('the link is closed');
      await sockets.command.send([...frames]);
    },
    events: (signal) => queue.items(signal),
    close,
  };
}

function openCommand(target: LinkTarget): Dealer {
  const { intervalMs, curve } = target;
  return new Dealer({
    ...commonOptions(target),
    receiveHighWaterMark: INCOMING_LIMIT,
    sendHighWaterMark: 3,
    // Nothing is handed to a connection that does not stand: what waits survives a reopening.
    immediate: true,
    sendTimeout: SEND_TIMEOUT_MS,
    maxMessageSize: MAX_COMMAND_BYTES,
    handshakeInterval: handshakeInterval(target),
    // Given up when the server's host acknowledges no data for so long.
    tcpMaxRetransmitTimeout: Math.max(2 * intervalMs, LEAST_MS),
    // Or, behind a proxy that acknowledges for a server that is not there any more, when it answers no ping.
    ...(target.answersPings
      ? { heartbeatInterval: intervalMs, heartbeatTimeout: Math.max(2 * intervalMs, LEAST_MS) }
      : {}),
    ...(curve === undefined
      ? {}
      : {
          curveServerKey: curve.serverKey,
          curvePublicKey: curve.publicKey,
          curveSecretKey: curve.secretKey,
        }),
  });
}

function openBroadcast(target: LinkTarget): Subscriber {
  const socket = new Subscriber({
    ...commonOptions(target),
    receiveHighWaterMark: INCOMING_LIMIT,
    maxMessageSize: MAX_BROADCAST_BYTES,
    handshakeInterval: handshakeInterval(target),
  });
  socket.subscribe();
  return socket;
}

function handshakeInterval({ intervalMs }: LinkTarget): number {
  return Math.max(intervalMs, LEAST_HANDSHAKE_MS);
}

/** libzmq asks for the address of a name at each attempt: a name that moves is followed. */
function commonOptions({ intervalMs }: LinkTarget) {
  return {
    linger: 0,
    // Without a largest interval libzmq waits for a random time from one to two times this one: a quarter to a half
    // of an interval, so that thousands that lost the same server do not come back in one moment.
    reconnectInterval: Math.max(1, Math.floor(intervalMs / 4)),
    // The attempt, not the connection: the kernel alone would take two minutes.
    connectTimeout: Math.max(intervalMs, LEAST_MS),
  };
}
