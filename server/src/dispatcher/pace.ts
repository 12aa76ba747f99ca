import type { Clock } from '../clock.ts';
import type { TrackedNode } from './node-book.ts';

/** Completes a body for one node and sends it. */
type SendTo = (node: TrackedNode, now: number, tail: string) => void;

/** What pacing needs. */
export interface PaceDeps {
  clock: Pick<Clock, 'now' | 'after'>;
  sendTo: SendTo;
  /** Hears of a message that found no room. */
  refuse: (reason: string, about: object) => void;
}

/** Lets large messages go in waves, so that a large file for many nodes is not held once for each of them. */
export interface Pace {
  sendTo: SendTo;
  /** The node has answered something: what it was sent has arrived. */
  answered(node: TrackedNode): void;
  /** The node is gone, with all that waits for it. */
  forget(node: TrackedNode): void;
  stop(): void;
}

/** Characters up to which a message goes at once. */
const SMALL = 4_096;
/** Characters of large messages that are on their way at a time. */
const WINDOW = 32 * 1024 * 1024;
/** Milliseconds after which a large message counts as arrived though its node has not answered. */
const PATIENCE = 500;
/** Messages that wait for one node. */
const MAX_WAITING = 32;

interface Flight {
  node: TrackedNode;
  size: number;
  until: number;
}

/** What waits keeps only its tail, which all nodes of a job share; the body is made when it is sent. */
export function makePace({ clock, sendTo, refuse }: PaceDeps): Pace {
  /** In the order in which nodes began to wait; the messages of one node keep their order. */
  const waiting = new Map<TrackedNode, string[]>();
  /** The oldest first. */
  const flights = new Set<Flight>();
  const byNode = new Map<TrackedNode, Flight[]>();
  let inFlight = 0;
  let cancelTimer: (() => void) | undefined;

  function send(node: TrackedNode, now: number, tail: string): void {
    const line = waiting.get(node);
    if (line === undefined && mayGo(tail)) go(node, now, tail);
    else if (line === undefined) waiting.set(node, [tail]);
    else if (line.length < MAX_WAITING) line.push(tail);
    else refuse('too_many_waiting', { orgId: node.orgId, node: node.name });
  }

  function mayGo(tail: string): boolean {
    return tail.length <= SMALL || inFlight === 0 || inFlight + tail.length <= WINDOW;
  }

  function go(node: TrackedNode, now: number, tail: string): void {
    if (tail.length > SMALL) {
      const flight = { node, size: tail.length, until: now + PATIENCE };
      flights.add(flight);
      byNode.set(node, [...(byNode.get(node) ?? []), flight]);
      inFlight += flight.size;
      cancelTimer ??= clock.after(PATIENCE, lapse);
    }
    sendTo(node, now, tail);
  }

  function goOn(): void {
    for (const [node, line] of waiting) {
      for (let tail = line[0]; tail !== undefined; tail = line[0]) {
        if (!mayGo(tail)) return;
        line.shift();
        go(node, clock.now(), tail);
      }
      waiting.delete(node);
    }
  }

  function land(node: TrackedNode): void {
    for (const flight of byNode.get(node) ?? []) {
      flights.delete(flight);
      inFlight -= flight.size;
    }
    byNode.delete(node);
  }

  function lapse(): void {
    cancelTimer = undefined;
    const now = clock.now();
    for (const { node, until } of flights) {
      if (until > now) break;
      land(node);
    }
    goOn();
    const [oldest] = flights;
    if (oldest !== undefined) cancelTimer ??= clock.after(Math.max(1, oldest.until - now), lapse);
  }

  return {
    sendTo: send,
    answered(node) {
      if (!byNode.has(node)) return;
      land(node);
      goOn();
    },
    forget(node) {
      waiting.delete(node);
      land(node);
      goOn();
    },
    stop() {
      cancelTimer?.();
      waiting.clear();
    },
  };
}
