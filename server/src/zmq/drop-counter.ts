import type { Clock } from '../clock.ts';

interface Deps {
  clock: Pick<Clock, 'after'>;
  log: { warn(fields: object, message: string): void };
}

/** Counts what had to be dropped and says so, at most once in an interval. */
export interface DropCounter {
  /** `about` is said when this one is the first of its line. */
  count(about?: object): void;
  stop(): void;
}

/** Milliseconds between two warnings. */
const INTERVAL = 10_000;

/** Warns of the first drop at once, of those in the interval after it at its end. */
export function makeDropCounter({ clock, log }: Deps, message: string): DropCounter {
  let total = 0;
  let unsaid = 0;
  let first: object = {};
  let cancel: (() => void) | undefined;
  const say = (): void => {
    log.warn({ dropped: unsaid, total, ...first }, message);
    unsaid = 0;
    cancel = clock.after(INTERVAL, () => {
      cancel = undefined;
      if (unsaid > 0) say();
    });
  };
  return {
    count(about = {}) {
      total += 1;
      unsaid += 1;
      if (unsaid === 1) first = about;
      if (cancel === undefined) say();
    },
    stop() {
      cancel?.();
    },
  };
}
