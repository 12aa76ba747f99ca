import { setTimeout as wait } from 'node:timers/promises';

/** Time as an argument. The only file of the command line that reads the clock or starts a timer. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects when the signal is aborted first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Aborts after `ms` milliseconds. Does not keep the process alive. */
  deadline(ms: number): AbortSignal;
  /** Calls `action` every `ms` milliseconds; the answer ends it. Does not keep the process alive. */
  every(ms: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => wait(ms, undefined, { signal }),
  deadline: (ms) => AbortSignal.timeout(ms),
  every: (ms, action) => {
    const timer = setInterval(action, ms).unref();
    return () => {
      clearInterval(timer);
    };
  },
};
