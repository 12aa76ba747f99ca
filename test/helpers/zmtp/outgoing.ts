import {
  handshakeMs,
  leastHandshakeMs,
  mayBeCrowded,
  youngMs,
} from '../../../client/src/core/handshake.ts';
import { openConnection, type Connection, type Ending, type Manner } from './connection.ts';

/** A socket that connects, and connects again after most losses, as one of libzmq does. */
export interface Outgoing {
  /** Opens it anew where its connection has stood for some time, or will not come by itself. */
  renew(): void;
  send(parts: readonly Buffer[]): boolean;
  close(): void;
}

/** `stood`: the handshake was done; `isLate`: it took its time, whoever gave it up. */
export interface End {
  readonly stood: boolean;
  readonly isLate: boolean;
  readonly how: Ending;
}

/** How it comes back, and whom it tells. */
export interface OutgoingOptions {
  readonly manner: Omit<Manner, 'handshakeTimeout'>;
  /** Of heartbeats, milliseconds. */
  readonly intervalMs: number;
  /** Milliseconds; it waits for a random time from one to two times this one. */
  readonly reconnectInterval: number;
  /** Somebody listens, after nobody did. */
  readonly onReached: () => void;
  readonly onReady: () => void;
  readonly onMessage: (parts: Buffer[]) => void;
  /** A connection ended that had begun. */
  readonly onEnd: (end: End) => void;
}

/**
 * Until when nobody listens at an address, as the kernel has just said. Thousands of agents in one process would
 * spend two processors on hearing it again and again; for each of them the attempt has failed all the same.
 */
const refusing = new Map<string, number>();
const REFUSING_MS = 20;

/** Opens it. */
export function openOutgoing(options: OutgoingOptions): Outgoing {
  const { intervalMs, reconnectInterval, onReached, onReady, onMessage, onEnd } = options;
  const handshakeTimeout = (): number => handshakeMs(intervalMs, { wasAway, lates }, Math.random);
  const manner = { ...options.manner, handshakeTimeout };
  const where = `${manner.host}:${manner.port}`;
  let connection: Connection | undefined;
  let retry: NodeJS.Timeout | undefined;
  /** It stands, or has ended for good. */
  let isSettled = false;
  let wasAway = false;
  let lates = 0;
  let reaches = 0;
  let stoodAt = -Infinity;
  let begun = 0;

  function again(): void {
    connection = undefined;
    retry = setTimeout(attempt, reconnectInterval * (1 + Math.random()));
  }

  function attempt(): void {
    if (performance.now() < (refusing.get(where) ?? 0)) {
      wasAway = true;
      again();
      return;
    }
    let stood = false;
    connection = openConnection(manner, {
      reached: () => {
        begun = performance.now();
        if (mayBeCrowded({ wasAway, reaches })) onReached();
        reaches += 1;
      },
      ready: () => {
        stood = isSettled = true;
        wasAway = false;
        lates = 0;
        reaches = 0;
        stoodAt = performance.now();
        onReady();
      },
      message: onMessage,
      ended: (how) => {
        connection = undefined;
        isSettled = how === 'denied' || how === 'confused';
        stoodAt = -Infinity;
        if (how === 'unreached') wasAway = true;
        const isLate = how === 'late' || (how === 'closed' && isLateBy(begun, intervalMs));
        if (isLate && !stood) lates += 1;
        // libzmq does not try again where it was refused by ZAP, nor where the other side speaks no ZMTP.
        if (how === 'unreached') refusing.set(where, performance.now() + REFUSING_MS);
        if (!isSettled) again();
        if (how !== 'unreached') onEnd({ stood, isLate, how });
      },
    });
  }

  attempt();
  return {
    renew: () => {
      if (!isSettled || performance.now() - stoodAt < youngMs(intervalMs)) return;
      if (connection !== undefined) onEnd({ stood: true, isLate: false, how: 'closed' });
      connection?.close();
      isSettled = false;
      attempt();
    },
    send: (parts) => connection?.send(parts) ?? false,
    close: () => {
      clearTimeout(retry);
      connection?.close();
      connection = undefined;
    },
  };
}

/** As in the agent's link: it was given up, not refused. */
function isLateBy(begun: number, intervalMs: number): boolean {
  return performance.now() - begun >= 0.9 * leastHandshakeMs(intervalMs);
}
