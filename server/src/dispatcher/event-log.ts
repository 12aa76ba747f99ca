import type { FeedEvent, StampedEvent } from '../core/feed-event.ts';

/** An event of a job at its place in the job's feed and, where it belongs there, in its organization's. */
export interface Stamped {
  event: StampedEvent & { jobId: string };
  orgEvent?: StampedEvent & { orgId: string; jobId: string };
}

/** Gives events their places. Readers see them when they are durable, not before (Decision 1). */
export interface EventLog {
  /** Undefined: nodes have repeated their votes so often that this one is not told. */
  append(job: { id: string; orgId: string }, event: FeedEvent): Stamped | undefined;
  /** The feed of a job that goes on after a restart, so far. */
  restore(job: { id: string; orgId: string }, events: readonly StampedEvent[]): void;
  /** The job has left memory: its feed has ended. */
  close(jobId: string): void;
}
