import type { Clock } from '../clock.ts';
import type { JobTimer } from '../core/effects.ts';
import type { NewJob } from '../core/job-record.ts';
import { afterLong } from './long-timer.ts';
import type { Saver } from './saver.ts';

/** What the timers of a job need; milliseconds. */
export interface JobTimersDeps {
  settings: { votingTimeout: number; abortTimeout: number };
  clock: Pick<Clock, 'now' | 'after'>;
  saver: Pick<Saver, 'outage'>;
  /** How long what is left of a time lasts at least. */
  grace: number;
  onTimer: (timer: JobTimer) => void;
}

/** The timers of one job, each at most once. */
export interface JobTimers {
  /** `rest`: what is left of the time, of a job that goes on after a restart (Decision 3). */
  arm(timer: JobTimer, rest: boolean): void;
  cancel(timer: JobTimer): void;
  /** Cancels all. */
  end(): void;
}

/** `since`: when the status in the database began, of a job that was read back; milliseconds since 1970. */
export function makeJobTimers(
  job: Pick<NewJob, 'createdAt' | 'runTimeout'>,
  since: number,
  deps: JobTimersDeps,
): JobTimers {
  const { settings, clock, saver, grace, onTimer } = deps;
  const armed = new Map<JobTimer, () => void>();

  /** Decision 2: the voting deadline moves by the time for which the database was away. */
  function wait(timer: JobTimer, ms: number, outage: number): void {
    const cancel = afterLong(clock, ms, () => {
      const more = timer === 'voting' ? saver.outage() - outage : 0;
      if (more > 0) wait(timer, more, outage + more);
      else onTimer(timer);
    });
    armed.set(timer, cancel);
  }

  function cancel(timer: JobTimer): void {
    armed.get(timer)?.();
    armed.delete(timer);
  }

  return {
    arm(timer, rest) {
      cancel(timer);
      const { votingTimeout, abortTimeout } = settings;
      const whole = { voting: votingTimeout, run: job.runTimeout * 1000, abort: abortTimeout }[
        timer
      ];
      const began = timer === 'voting' ? job.createdAt : since;
      wait(timer, rest ? Math.max(grace, began + whole - clock.now()) : whole, saver.outage());
    },
    cancel,
    end() {
      for (const timer of [...armed.keys()]) cancel(timer);
    },
  };
}
