import type { Frames } from '@pushy/protocol';
import type { Clock } from '../clock.ts';
import { body } from './bodies.ts';

/** What the broadcast needs. */
export interface BroadcastDeps {
  clock: Clock;
  /** Milliseconds between two broadcasts. */
  interval: number;
  /** Seals with the server's RSA key. */
  sign: (body: string) => Frames;
  publish: (frames: Frames) => void;
  /** Asked for each broadcast: an operator may change it. */
  incarnationId: () => string;
  /** The machine's host name. */
  serverHost: string;
}

/** The server's sign of life to all agents (REFERENCE 15.5): one at once, then one per interval. */
export function makeBroadcast(deps: BroadcastDeps): { start(): void; stop(): void } {
  const { clock, interval, sign, publish, incarnationId, serverHost } = deps;
  let sequence = 0;
  let end: (() => void) | undefined;

  function beat(): void {
    const members = { server: serverHost, type: 'heartbeat', incarnation_id: incarnationId() };
    const tail = JSON.stringify(members).slice(1, -1);
    publish(sign(body(sequence, clock.now(), tail)));
    sequence += 1;
  }

  return {
    start() {
      if (end !== undefined) return;
      end = clock.every(interval, beat);
      beat();
    },
    stop() {
      end?.();
      end = undefined;
    },
  };
}
