import type { Clock } from '../clock.ts';
import type { LivenessEvent } from '../core/liveness.ts';
import type { Draft } from '../link/outbox.ts';

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
  let isOver = false;
  let isDue = false;
  let cancel = (): void => undefined;

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

  /** No promise and no signal for each turn: it comes round once an interval for ever. */
  function turn(): void {
    cancel();
    cancel = () => undefined;
    isDue = false;
    if (isOver) return;
    watch.note({ kind: 'tick' });
    const interval = watch.intervalMs();
    if (interval === undefined) return;
    beat(interval);
    const until = Math.min(next, watch.deadline());
    cancel = clock.after(Math.max(1, Math.ceil(until - clock.elapsed())), turn);
  }

  function turnSoon(): void {
    if (isDue) return;
    isDue = true;
    queueMicrotask(turn);
  }

  return {
    run: (signal) =>
      new Promise((resolve) => {
        const stop = (): void => {
          isOver = true;
          turn();
          resolve();
        };
        if (signal.aborted) stop();
        else {
          signal.addEventListener('abort', stop, { once: true });
          turnSoon();
        }
      }),
    beatNow: () => {
      next = 0;
      turnSoon();
    },
  };
}
