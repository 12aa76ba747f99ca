import type { FeedEvent, StampedEvent } from './core/feed-event.ts';

/** The only holder of events: gives them their places in the feeds of their job and its organization. */
export interface FeedLog {
  /** The event's place in its job's feed and, for the first and the last of a job, in its organization's. */
  append(
    job: { id: string; orgId: string },
    event: FeedEvent,
  ): {
    event: StampedEvent & { jobId: string };
    orgEvent?: StampedEvent & { orgId: string; jobId: string };
  };
  /** These events are durable: readers may see them (Decision 1). */
  shown(
    events: readonly (StampedEvent & { jobId: string })[],
    orgEvents: readonly (StampedEvent & { orgId: string; jobId: string })[],
  ): void;
  /** The feed of a job that goes on after a restart, so far. */
  restore(job: { id: string; orgId: string }, events: readonly StampedEvent[]): void;
  /** The job has left memory. */
  close(jobId: string): void;
}

/** The newest place of a feed. */
interface Place {
  seq: number;
  /** Microseconds since 1970. */
  at: number;
}

/** Places count from 1 in each feed; their times grow strictly, even when the clock is set back. */
export function makeFeedLog({ clock }: { clock: { now(): number } }): FeedLog {
  const jobs = new Map<string, Place>();
  const orgs = new Map<string, Place>();

  function next(places: Map<string, Place>, key: string): Place {
    const last = places.get(key) ?? { seq: 0, at: 0 };
    const place = { seq: last.seq + 1, at: Math.max(clock.now() * 1000, last.at + 1) };
    places.set(key, place);
    return place;
  }

  return {
    append({ id: jobId, orgId }, event) {
      const stamped = { ...next(jobs, jobId), event, jobId };
      if (event.name !== 'start' && event.name !== 'job_complete') return { event: stamped };
      return { event: stamped, orgEvent: { ...next(orgs, orgId), event, orgId, jobId } };
    },
    restore(job, events) {
      const last = events.at(-1);
      if (last !== undefined) jobs.set(job.id, last);
    },
    shown: () => undefined,
    close: (jobId) => {
      jobs.delete(jobId);
    },
  };
}
