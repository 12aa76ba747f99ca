import { openConnection, type Connection, type Ending, type Manner } from './connection.ts';

/** A socket that connects, and connects again after most losses, as one of libzmq does. */
export interface Outgoing {
  send(parts: readonly Buffer[]): boolean;
  close(): void;
}

/** How it comes back, and whom it tells. */
export interface OutgoingOptions {
  readonly manner: Manner;
  /** Milliseconds; it waits for a random time from one to two times this one. */
  readonly reconnectInterval: number;
  readonly onReady: () => void;
  readonly onMessage: (parts: Buffer[]) => void;
  /** A connection ended that had begun; `stood`: its handshake was done. */
  readonly onEnd: (stood: boolean, how: Ending) => void;
}

/**
 * Until when nobody listens at an address, as the kernel has just said. Thousands of agents in one process would
 * spend two processors on hearing it again and again; for each of them the attempt has failed all the same.
 */
const refusing = new Map<string, number>();
const REFUSING_MS = 20;

/** Opens it. */
export function openOutgoing(options: OutgoingOptions): Outgoing {
  const { manner, reconnectInterval, onReady, onMessage, onEnd } = options;
  const where = `${manner.host}:${manner.port}`;
  let connection: Connection | undefined;
  let retry: NodeJS.Timeout | undefined;

  function again(): void {
    connection = undefined;
    retry = setTimeout(attempt, reconnectInterval * (1 + Math.random()));
  }

  function attempt(): void {
    if (performance.now() < (refusing.get(where) ?? 0)) {
      again();
      return;
    }
    let stood = false;
    connection = openConnection(manner, {
      ready: () => {
        stood = true;
        onReady();
      },
      message: onMessage,
      ended: (how) => {
        connection = undefined;
        // libzmq does not try again where it was refused by ZAP, nor where the other side speaks no ZMTP.
        if (how === 'unreached') refusing.set(where, performance.now() + REFUSING_MS);
        if (how !== 'denied' && how !== 'confused') again();
        if (how !== 'unreached') onEnd(stood, how);
      },
    });
  }

  attempt();
  return {
    send: (parts) => connection?.send(parts) ?? false,
    close: () => {
      clearTimeout(retry);
      connection?.close();
      connection = undefined;
    },
  };
}
