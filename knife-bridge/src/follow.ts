import type { Clock } from './clock.ts';
import type { JobView } from './job-view.ts';
import { isOver } from './render.ts';

/** Looks at a job, again and again, until it is over; the last look is the finished job. */
export type Follower = (jobId: string, signal: AbortSignal) => AsyncGenerator<JobView, void>;

/** Ten looks a second are what a server is ready for (ADDON D.3, 7). Milliseconds. */
export const MIN_POLL_MS = 100;

interface PollDeps {
  clock: Pick<Clock, 'sleep'>;
  /** Milliseconds between two looks; at least MIN_POLL_MS. */
  intervalMs: number;
  look(jobId: string): Promise<JobView>;
}

/** Follows by asking every interval, as knife-push does. A feed, where a server has one, is another Follower. */
export function makePollFollower(deps: PollDeps): Follower {
  const interval = Math.max(MIN_POLL_MS, deps.intervalMs);
  return async function* follow(jobId, signal) {
    for (;;) {
      await deps.clock.sleep(interval, signal);
      const job = await deps.look(jobId);
      yield job;
      if (isOver(job)) return;
    }
  };
}
