import { SUMMARY_ID, makeFeedDecoder, type FeedItem } from '@pushy/protocol';
import type { Clock } from './clock.ts';
import { RefusedError } from './errors.ts';
import type { Follower } from './follow.ts';
import { makeJobPicture, type JobPicture } from './job-picture.ts';
import type { JobView } from './job-view.ts';
import { isOver } from './render.ts';

interface FeedFollowerDeps {
  clock: Pick<Clock, 'sleep'>;
  /** Milliseconds between two views; nobody is asked for them. */
  intervalMs: number;
  look(jobId: string): Promise<JobView>;
  /** The bytes of the job's feed from behind `lastEventId`. */
  open(jobId: string, lastEventId: string | undefined, signal: AbortSignal): Promise<Pieces>;
  /** Follows where there is no feed to be had. */
  fallback: Follower;
}

type Pieces = AsyncIterable<Uint8Array>;

/** Milliseconds before a feed that broke is opened again, unless the server says how long; and at most. */
const RETRY_MS = 1000;
const MAX_RETRY_MS = 10_000;
/** Times that a feed may break in a row without an event. */
const MAX_FAILURES = 5;
/** Refusals that may be over soon. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Follows by the feed of the job: two looks at the job itself, at the start and at the end. */
export function makeFeedFollower(deps: FeedFollowerDeps): Follower {
  const { clock, intervalMs } = deps;
  return async function* follow(jobId, signal) {
    const first = await deps.look(jobId);
    if (isOver(first)) {
      yield first;
      return;
    }
    const picture = makeJobPicture(first);
    const leaving = new AbortController();
    const either = AbortSignal.any([signal, leaving.signal]);
    const reading = readToEnd(deps, jobId, picture, either);
    reading.catch(() => undefined);
    try {
      for (;;) {
        const tick = clock.sleep(intervalMs, either);
        tick.catch(() => undefined);
        const outcome = await Promise.race([reading, tick]);
        if (outcome === 'over') {
          yield await deps.look(jobId);
          return;
        }
        if (outcome === 'no feed') {
          yield* deps.fallback(jobId, signal);
          return;
        }
        yield picture.view();
      }
    } finally {
      leaving.abort();
    }
  };
}

async function readToEnd(
  deps: FeedFollowerDeps,
  jobId: string,
  picture: JobPicture,
  signal: AbortSignal,
): Promise<'over' | 'no feed'> {
  let lastId: string | undefined;
  let retryMs = RETRY_MS;
  let failures = 0;

  /** True for the last event. */
  function take(item: FeedItem): boolean {
    if (item.kind === 'retry') retryMs = Math.min(item.ms, MAX_RETRY_MS);
    if (item.kind !== 'event') return false;
    const data = readJson(item.data);
    if (data === undefined) return false;
    failures = 0;
    lastId = item.id;
    picture.apply(item.name, data);
    // A job that is out of the server's memory is told in one event (REFERENCE 9.1).
    return item.name === 'job_complete' || (item.name === 'summary' && item.id === SUMMARY_ID);
  }

  while (failures < MAX_FAILURES) {
    failures += 1;
    try {
      const decoder = makeFeedDecoder();
      for await (const bytes of await deps.open(jobId, lastId, signal)) {
        if (decoder.push(bytes).map(take).includes(true)) return 'over';
      }
      if (decoder.end().map(take).includes(true)) return 'over';
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RefusedError && !PASSING.has(error.status)) return 'no feed';
    }
    await deps.clock.sleep(retryMs, signal);
  }
  return 'no feed';
}

/** Undefined for an event that was cut off. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
