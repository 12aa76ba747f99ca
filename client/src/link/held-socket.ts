import type { Dealer, Subscriber } from 'zeromq';
import type { Clock } from '../clock.ts';
import { handshakeMs, leastHandshakeMs, mayBeCrowded, youngMs } from '../core/handshake.ts';
import { eventsOf } from './socket-events.ts';

/** What becomes of the connection of one socket. */
export type SocketEvent =
  /** The server's host answers, after nobody was reached there: the handshake begins; not told again and again. */
  | { readonly kind: 'reached' }
  /** The connection stands; `isAgain`: there was one before, which was lost. */
  | { readonly kind: 'connected'; readonly isAgain: boolean }
  /** The connection, which stood, is gone. */
  | { readonly kind: 'lost' }
  /**
   * A connection ended before it stood; `isDenied`: the server does not admit our CURVE key (ZAP); `isLate`: it did
   * not answer in time, and is tried again without anybody's help.
   */
  | { readonly kind: 'refused'; readonly isDenied: boolean; readonly isLate: boolean };

/** A socket of libzmq that is kept connected. */
export interface HeldSocket<S> {
  /** The present one: a late handshake is given up by closing its socket. */
  readonly current: S;
  /**
   * Opens it anew where its connection has stood for some time, or will not come by itself; what is being connected,
   * or has just come, goes on.
   */
  renew(): void;
  close(): void;
}

/** What it needs. Times in milliseconds. */
export interface HeldSocketDeps<S> {
  /** A new socket, not connected. */
  readonly make: () => S;
  /** Begins to read a new socket, until it is closed. */
  readonly read: (socket: S) => void;
  readonly address: string;
  /** Of heartbeats. */
  readonly intervalMs: number;
  /** libzmq tells of the end of the handshake; a peer that is too old for that counts as there when it is reached. */
  readonly shakesHands: boolean;
  readonly tell: (event: SocketEvent) => void;
  readonly clock: Pick<Clock, 'elapsed' | 'after'>;
  readonly random: () => number;
  /** Wait before the next attempt. */
  readonly retryMs: () => number;
}

type WatchedEvent = 'connect' | 'connect:retry' | 'handshake' | 'close' | 'disconnect';

/** A handshake that took this part of its least time was given up, not refused. */
const LATE = 0.9;

/**
 * Opens it. libzmq itself connects again after most losses, but not after a refusal by ZAP nor after bytes that it
 * cannot read, be it in the midst of a connection: whoever hears of these, or misses something, has to open another
 * one. Handshakes are given up here, not by libzmq, whose deadline would be the same for each.
 */
export function holdSocket<S extends Dealer | Subscriber>(deps: HeldSocketDeps<S>): HeldSocket<S> {
  const { make, read, address, intervalMs, shakesHands, tell, clock, random } = deps;
  let socket = make();
  let stage: 'connecting' | 'shaking' | 'standing' | 'over' = 'connecting';
  let [isAgain, isDenied, wasAway] = [false, false, false];
  let lates = 0;
  /** How often it was reached since it last stood. */
  let reaches = 0;
  let [begun, stoodAt] = [0, 0];
  let isClosed = false;
  let cancel = (): void => undefined;

  function shake(): void {
    begun = clock.elapsed();
    stage = 'shaking';
    // What ends each connection at once, be it a proxy with nobody behind it, is no crowded server either.
    if (mayBeCrowded({ wasAway, reaches })) tell({ kind: 'reached' });
    reaches += 1;
    cancel();
    cancel = clock.after(handshakeMs(intervalMs, { wasAway, lates }, random), () => {
      lates += 1;
      replace();
      cancel = clock.after(deps.retryMs(), connect);
      tell({ kind: 'refused', isDenied: false, isLate: true });
    });
  }

  function stand(): void {
    cancel();
    stage = 'standing';
    stoodAt = clock.elapsed();
    lates = 0;
    reaches = 0;
    wasAway = false;
    tell({ kind: 'connected', isAgain });
    isAgain = true;
  }

  function end(): void {
    cancel();
    const stood = stage === 'standing';
    const isLate = !isDenied && clock.elapsed() - begun >= LATE * leastHandshakeMs(intervalMs);
    if (isLate && !stood) lates += 1;
    stage = 'over';
    tell(stood ? { kind: 'lost' } : { kind: 'refused', isDenied, isLate });
    isDenied = false;
  }

  function watch(watched: S): void {
    const events = eventsOf(watched);
    const on = (type: WatchedEvent, act: () => void): void => {
      events.on(type, () => {
        if (watched === socket && !isClosed) act();
      });
    };
    on('connect', shakesHands ? shake : stand);
    if (shakesHands) on('handshake', stand);
    on('close', () => {
      wasAway = true;
    });
    on('disconnect', end);
    // Comes at once where libzmq will try again: not after a refusal by ZAP, nor after bytes that it cannot read.
    on('connect:retry', () => {
      if (stage === 'over') stage = 'connecting';
    });
    events.on('handshake:error:auth', () => {
      if (watched === socket) isDenied = true;
    });
  }

  function connect(): void {
    socket.connect(address);
  }

  function replace(): void {
    cancel();
    const old = socket;
    socket = make();
    stage = 'connecting';
    old.close();
    watch(socket);
    read(socket);
  }

  watch(socket);
  connect();
  read(socket);
  return {
    get current() {
      return socket;
    },
    renew: () => {
      if (stage === 'connecting' || stage === 'shaking') return;
      if (stage === 'standing' && clock.elapsed() - stoodAt < youngMs(intervalMs)) return;
      if (stage === 'standing') tell({ kind: 'lost' });
      replace();
      connect();
    },
    close: () => {
      isClosed = true;
      cancel();
      socket.close();
    },
  };
}
