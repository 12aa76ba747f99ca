import { eventSeq } from '@pushy/protocol';
import type { FeedEvent, StampedEvent } from '../core/feed-event.ts';
import { jobBlock } from './blocks.ts';
import { makeFeed, type Feed, type FeedReader } from './feed.ts';
import { groupBy } from './group-by.ts';
import { makeStamper, type Place, type Stamper } from './stamper.ts';

/** Votes of nodes that had voted before, in one job: the only event that a node can cause without end. */
const MAX_REPEATED_VOTES = 1000;

interface JobFeed {
  orgId: string;
  feed: Feed;
  stamper: Stamper;
  repeatedVotes: number;
}

/** The feeds of the jobs in memory. */
export interface JobFeeds {
  /** Undefined: nodes have repeated their votes so often that this one is not told. */
  stamp(job: { id: string; orgId: string }, event: FeedEvent): Place | undefined;
  add(events: readonly (StampedEvent & { jobId: string })[]): void;
  restore(job: { id: string; orgId: string }, events: readonly StampedEvent[]): void;
  close(jobId: string): void;
  open(orgId: string, jobId: string, lastEventId?: string): FeedReader | undefined;
  stop(): void;
}

export function makeJobFeeds(clock: { now(): number }): JobFeeds {
  const jobs = new Map<string, JobFeed>();

  function feedOf({ id, orgId }: { id: string; orgId: string }): JobFeed {
    const known = jobs.get(id);
    if (known !== undefined) return known;
    const made = { orgId, feed: makeFeed(), stamper: makeStamper(clock), repeatedVotes: 0 };
    jobs.set(id, made);
    return made;
  }

  function count(job: JobFeed, event: FeedEvent): void {
    if (isRepeatedVote(event)) job.repeatedVotes += 1;
  }

  function show(job: JobFeed, events: readonly StampedEvent[]): void {
    job.feed.add(events.map(jobBlock));
    if (events.some(({ event }) => event.name === 'job_complete')) job.feed.end();
  }

  return {
    stamp(of, event) {
      const job = feedOf(of);
      if (isRepeatedVote(event) && job.repeatedVotes >= MAX_REPEATED_VOTES) return undefined;
      count(job, event);
      return job.stamper.next();
    },
    add(events) {
      for (const [jobId, ofJob] of groupBy(events, (event) => event.jobId)) {
        const job = jobs.get(jobId);
        if (job !== undefined) show(job, ofJob);
      }
    },
    restore(of, events) {
      const job = feedOf(of);
      for (const event of events) {
        count(job, event.event);
        job.stamper.goOn(event);
      }
      show(job, events);
    },
    close(jobId) {
      jobs.get(jobId)?.feed.end();
      jobs.delete(jobId);
    },
    open(orgId, jobId, lastEventId) {
      const job = jobs.get(jobId);
      // S2: to another organization the job does not exist.
      if (job?.orgId !== orgId) return undefined;
      const { feed } = job;
      const seq = eventSeq('job', lastEventId ?? '') ?? 0;
      return feed.open(seq <= (feed.last?.seq ?? 0) ? seq : 0);
    },
    stop() {
      for (const { feed } of jobs.values()) feed.stop();
    },
  };
}

function isRepeatedVote(event: FeedEvent): boolean {
  return event.name === 'quorum_vote' && event.data.status === 'unexpected_commit';
}
