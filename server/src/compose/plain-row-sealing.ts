import type { Clock } from '../clock.ts';

interface Deps {
  clock: Pick<Clock, 'after'>;
  log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  /** Seals up to `limit` rows of each kind; answers how many there were. */
  seal: (limit: number) => Promise<number>;
}

/** Rows of each kind at a time: each is as large as a message at most. */
const ROWS = 100;
/** Milliseconds between two batches, so that the jobs of the day come first; and after a failure. */
const PAUSE = 20;
const PAUSE_AFTER_FAILURE = 10_000;

/**
 * Seals, beside everything else, what an older version or the reference has left plain in the database
 * (Decision 11). Ends by itself when nothing is left.
 */
export function makePlainRowSealing({ clock, log, seal }: Deps): {
  start(): void;
  /** Resolves when the batch that is being written is done. */
  stop(): Promise<void>;
} {
  let stopped = false;
  let cancel: () => void = () => undefined;
  let batch: Promise<void> = Promise.resolve();
  let total = 0;

  async function run(): Promise<void> {
    let pause = PAUSE;
    try {
      const count = await seal(ROWS);
      total += count;
      if (count === 0) {
        if (total > 0) log.info({ rows: total }, 'values that were stored plain are sealed');
        return;
      }
    } catch (error) {
      log.warn({ err: error, rows: total }, 'values that are stored plain could not be sealed yet');
      pause = PAUSE_AFTER_FAILURE;
    }
    if (!stopped) cancel = clock.after(pause, next);
  }

  function next(): void {
    batch = run();
  }

  return {
    start: next,
    stop: () => {
      stopped = true;
      cancel();
      return batch;
    },
  };
}
