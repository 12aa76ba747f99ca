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
  /** A connection ended before it stood; `isDenied`: the server does not admit our CURVE key (ZAP). */
  | { readonly kind: 'refused'; readonly isDenied: boolean };

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
/** Least of the deadlines below, milliseconds: a far server needs a second for a handshake of three round trips. */
const LEAST_MS = 1000;
/** The same for the handshake of CURVE: a server to which thousands come back at once needs seconds for all. */
const LEAST_CURVE_MS = 3000;

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
export function makeLink({ log }: { readonly log: Pick<Log, 'warn'> }): Link {
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
  function watch(socket: Dealer, { curve }: LinkTarget): void {
    let stands = false;
    let isAgain = false;
    let isDenied = false;
    const push = (event: LinkEvent): void => {
      if (sockets?.command === socket) void queue.push(event);
    };
    // Without CURVE an old libzmq stands at once and says nothing of a handshake.
    socket.events.on(curve === undefined ? 'connect' : 'handshake', () => {
      push({ kind: 'connected', isAgain });
      stands = isAgain = true;
    });
    socket.events.on('handshake:error:auth', () => {
      isDenied = true;
    });
    socket.events.on('disconnect', () => {
      push(stands ? { kind: 'lost' } : { kind: 'refused', isDenied });
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
    handshakeInterval: Math.max(intervalMs, LEAST_CURVE_MS),
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
    handshakeInterval: Math.max(target.intervalMs, LEAST_MS),
  });
  socket.subscribe();
  return socket;
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
