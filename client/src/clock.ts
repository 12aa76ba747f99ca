/** Time as an argument. The only file of the agent that reads the clock or starts a timer. */
export interface Clock {
  /** Milliseconds since 1970, UTC: for time stamps, never for durations. */
  now(): number;
  /** Milliseconds since some fixed moment; unmoved by steps of the wall clock (A11): for durations. */
  elapsed(): number;
  /** Calls `action` once after `ms` milliseconds; the answer cancels it. */
  after(ms: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: (ms, action) => {
    const timer = setTimeout(action, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** `2026-11-21T08:57:00.123Z`: how log lines begin. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Resolves after `ms` milliseconds, or at once when `signal` is aborted; leaves no timer behind. */
export function sleep(
  clock: Pick<Clock, 'after'>,
  ms: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
