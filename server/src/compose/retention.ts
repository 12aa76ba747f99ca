import type { Clock } from '../clock.ts';

/** What may stay. */
export interface Limits {
  /** Jobs that ended before this go; milliseconds since 1970. */
  olderThan?: number;
  /** Of each organization the newest so many jobs stay. */
  keepPerOrg?: number;
}

interface Deps {
  clock: Pick<Clock, 'now' | 'after'>;
  log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  /** Uniform in [0, 1). */
  fraction: () => number;
  settings: {
    /** Days. */
    jobRetentionDays: number | undefined;
    jobRetentionCount: number | undefined;
  };
  /** Removes up to `limit` finished jobs with all that belongs to them; answers their ids. */
  prune: (limits: Limits & { limit: number }) => Promise<string[]>;
  /** These jobs are gone: nobody holds them in memory any more. */
  gone: (jobId: string) => void;
}

/** Jobs at a time: each may have the output of thousands of nodes. */
const STEP = 50;
/** Milliseconds between two steps, so that the jobs of the day come first. */
const PAUSE = 100;
/** Milliseconds between two rounds, half of it more or less by chance: servers that start together must not work together. */
const INTERVAL = 3_600_000;
const DAY = 86_400_000;

/** Removes finished jobs that are too old or too many, hour by hour; nothing where no limit is set. */
export function makeRetention(deps: Deps): {
  start(): void;
  /** Resolves when the step that is being done is over. */
  stop(): Promise<void>;
} {
  const { clock, log, fraction, prune, gone } = deps;
  const { jobRetentionDays: days, jobRetentionCount: count } = deps.settings;
  let stopped = false;
  let cancel: () => void = () => undefined;
  let step: Promise<void> = Promise.resolve();
  let removed = 0;

  async function run(): Promise<void> {
    let more = false;
    try {
      const ids = await prune({
        ...(days === undefined ? {} : { olderThan: clock.now() - days * DAY }),
        ...(count === undefined ? {} : { keepPerOrg: count }),
        limit: STEP,
      });
      for (const id of ids) gone(id);
      removed += ids.length;
      more = ids.length === STEP;
    } catch (error) {
      log.warn({ err: error }, 'old jobs could not be removed: it is tried again later');
    }
    if (!more && removed > 0) {
      log.info({ jobs: removed }, 'old jobs were removed');
      removed = 0;
    }
    wait(more ? PAUSE : INTERVAL * (0.5 + fraction()));
  }

  function wait(ms: number): void {
    if (stopped) return;
    cancel = clock.after(ms, () => {
      step = run();
    });
  }

  return {
    start() {
      // The first round comes soon, but not while nodes come back to a server that has just started.
      if (days !== undefined || count !== undefined) wait((INTERVAL / 30) * (0.5 + fraction()));
    },
    stop() {
      stopped = true;
      cancel();
      return step;
    },
  };
}
