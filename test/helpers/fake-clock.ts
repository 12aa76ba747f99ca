import type { Clock } from '../../server/src/clock.ts';

/** A clock that stands still until the test moves it. */
export interface FakeClock extends Clock {
  /** Moves on by `ms` milliseconds and does, in their order, what falls due meanwhile. */
  advance(ms: number): void;
  /** Timers that are set. */
  timers(): number;
}

interface Timer {
  at: number;
  action: () => void;
  every?: number;
}

/** Makes a clock that says `now`, milliseconds since 1970. */
export function makeFakeClock(now = 1_346_799_662_000): FakeClock {
  const timers = new Set<Timer>();
  const add = (timer: Timer): (() => void) => {
    timers.add(timer);
    return () => timers.delete(timer);
  };
  return {
    now: () => now,
    after: (ms, action) => add({ at: now + ms, action }),
    every: (ms, action) => add({ at: now + ms, action, every: ms }),
    timers: () => timers.size,
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].filter((t) => t.at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        now = next.at;
        if (next.every === undefined) timers.delete(next);
        else next.at += next.every;
        next.action();
      }
      now = end;
    },
  };
}
