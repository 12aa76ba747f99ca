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
}

/** What comes in. */
export type LinkEvent =
  | { readonly kind: 'command' | 'broadcast'; readonly frames: readonly Buffer[] }
  /** The command channel has a new TCP connection; whether its handshake succeeds is not known yet. */
  | { readonly kind: 'connected' };

/** The agent's two sockets (REFERENCE 15.1): DEALER for commands, SUB for the broadcast. */
export interface Link {
  /** Closes what is open and connects anew; what was received and not read yet is forgotten. */
  open(target: LinkTarget): void;
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
/** Between attempts of libzmq to connect: from, to; milliseconds. */
const RECONNECT_MS = [100, 800] as const;
/** The connection is given up when the server acknowledges no data for so long, milliseconds. */
const TCP_TIMEOUT_MS = 15_000;

interface Sockets {
  readonly command: Dealer;
  readonly broadcast: Subscriber;
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

  function watch(socket: Dealer): void {
    // A handshake that fails shows itself as silence: libzmq goes on trying (Z5).
    socket.events.on('connect', () => {
      if (sockets?.command === socket) void queue.push({ kind: 'connected' });
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
      const command = new Dealer({
        linger: 0,
        receiveHighWaterMark: INCOMING_LIMIT,
        sendHighWaterMark: 3,
        // Nothing is handed to a connection that does not stand: what waits survives a reopening.
        immediate: true,
        sendTimeout: SEND_TIMEOUT_MS,
        maxMessageSize: MAX_COMMAND_BYTES,
        reconnectInterval: RECONNECT_MS[0],
        reconnectMaxInterval: RECONNECT_MS[1],
        tcpMaxRetransmitTimeout: TCP_TIMEOUT_MS,
        ...(target.curve === undefined
          ? {}
          : {
              curveServerKey: target.curve.serverKey,
              curvePublicKey: target.curve.publicKey,
              curveSecretKey: target.curve.secretKey,
            }),
      });
      const broadcast = new Subscriber({
        linger: 0,
        receiveHighWaterMark: INCOMING_LIMIT,
        maxMessageSize: MAX_BROADCAST_BYTES,
        reconnectInterval: RECONNECT_MS[0],
        reconnectMaxInterval: RECONNECT_MS[1],
      });
      sockets = { command, broadcast };
      watch(command);
      broadcast.subscribe();
      command.connect(target.commandAddress);
      broadcast.connect(target.broadcastAddress);
      start(read('command', command));
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
