/** A clock that stands still until a test moves it. Fits the Clock port of every package. */
export interface FakeClock {
  now(): number;
  after(ms: number, action: () => void): () => void;
  every(ms: number, action: () => void): () => void;
  /** Moves the time by `ms`; fires what is due, in order, and lets everything that follows settle. */
  advance(ms: number): Promise<void>;
  /** Moves the time and fires nothing, as if the process had been held up: what is due fires at the next `advance`. */
  freeze(ms: number): void;
  /** Timers that wait. */
  waiting(): number;
}

interface Timer {
  at: number;
  period: number | undefined;
  action: () => void;
}

/** Starts at 2026-01-01 00:00:00 UTC, unless told otherwise (milliseconds since 1970). */
export function makeFakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let time = start;
  const timers = new Set<Timer>();

  function add(ms: number, period: number | undefined, action: () => void): () => void {
    const timer = { at: time + ms, period, action };
    timers.add(timer);
    return () => {
      timers.delete(timer);
    };
  }

  function next(end: number): Timer | undefined {
    const due = [...timers].filter((timer) => timer.at <= end);
    return due.reduce<Timer | undefined>(
      (first, timer) => (first === undefined || timer.at < first.at ? timer : first),
      undefined,
    );
  }

  return {
    now: () => time,
    after: (ms, action) => add(ms, undefined, action),
    every: (ms, action) => add(ms, ms, action),
    async advance(ms) {
      const end = time + ms;
      await turn();
      for (let timer = next(end); timer !== undefined; timer = next(end)) {
        time = Math.max(time, timer.at);
        if (timer.period === undefined) timers.delete(timer);
        else timer.at += timer.period;
        timer.action();
        await turn();
      }
      time = end;
    },
    freeze(ms) {
      time += ms;
    },
    waiting: () => timers.size,
  };
}

/** Lets all that is ready now run: microtasks, and what they start. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
