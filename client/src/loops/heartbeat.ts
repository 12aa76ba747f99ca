import { sleep, type Clock } from '../clock.ts';
import type { LivenessEvent } from '../core/liveness.ts';
import type { Draft } from '../outbox.ts';

/** What the loop watches and sends. */
export interface HeartbeatDeps {
  readonly clock: Pick<Clock, 'elapsed' | 'after'>;
  readonly watch: {
    note(event: LivenessEvent): void;
    isOnline(): boolean;
    deadline(): number;
    intervalMs(): number | undefined;
  };
  readonly wire: () => { jobState: string; jobId: string | null };
  readonly post: (draft: Draft) => void;
}

/** Says that the node lives, once per interval, to a server that is online; brings time to the watch. */
export interface Heartbeat {
  run(signal: AbortSignal): Promise<void>;
  /** One heartbeat at once: the sockets are new, or the server is back. */
  beatNow(): void;
}

/** Makes the loop. */
export function makeHeartbeat({ clock, watch, wire, post }: HeartbeatDeps): Heartbeat {
  let next = 0;
  let nap = new AbortController();

  function beat(interval: number): void {
    const now = clock.elapsed();
    if (now < next) return;
    next = now + interval;
    if (!watch.isOnline()) return;
    const { jobState, jobId } = wire();
    watch.note({ kind: 'beat' });
    post({
      type: 'heartbeat',
      members: { job_state: jobState, job_id: jobId },
      key: 'heartbeat',
      onSent: () => {
        watch.note({ kind: 'sent' });
      },
    });
  }

  return {
    run: async (signal) => {
      const stop = (): void => {
        nap.abort();
      };
      signal.addEventListener('abort', stop);
      while (!signal.aborted) {
        watch.note({ kind: 'tick' });
        const interval = watch.intervalMs();
        if (interval !== undefined) beat(interval);
        nap = new AbortController();
        const until = interval === undefined ? Infinity : Math.min(next, watch.deadline());
        await nextMoment(until, nap.signal);
      }
      signal.removeEventListener('abort', stop);
    },
    beatNow: () => {
      next = 0;
      nap.abort();
    },
  };

  function nextMoment(until: number, signal: AbortSignal): Promise<void> {
    if (until === Infinity) {
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          resolve();
        });
      });
    }
    return sleep(clock, Math.max(1, Math.ceil(until - clock.elapsed())), signal);
  }
}
