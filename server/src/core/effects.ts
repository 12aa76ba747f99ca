import type { JobStatus, NodeStatus } from '@pushy/protocol';
import type { EndStatus, FeedEvent } from './feed-event.ts';
import type { Stage } from './node-in-job.ts';

/** The three clocks of a job: votes are in, runs are over, stopped nodes have said so. */
export const JOB_TIMERS = ['voting', 'run', 'abort'] as const;
export type JobTimer = (typeof JOB_TIMERS)[number];

/**
 * What a decision of the job machine asks for, to be done in the order given. Each names a set of nodes.
 * `wave` is the part of a rolling run; always 0 for now.
 */
export type JobEffect =
  | { kind: 'commit'; nodes: readonly string[]; wave: number }
  /** Only when the phase is durable: whoever reads `voting` after a restart knows that nothing was started. */
  | { kind: 'run'; nodes: readonly string[]; wave: number }
  /** After a restart (Decision 3): these nodes were here before, at that stage. */
  | { kind: 'adopt'; nodes: readonly string[]; stage: Stage }
  /** Abort what these nodes do and bring them back to idle (REFERENCE 12, "silent abort"). */
  | { kind: 'reset'; nodes: readonly string[] }
  | { kind: 'emit'; event: FeedEvent }
  | { kind: 'save_nodes'; nodes: readonly string[]; status: NodeStatus }
  | { kind: 'save_job'; status: JobStatus }
  /** `rest`: it ran before the server was restarted; what is left of it. */
  | { kind: 'arm'; timer: JobTimer; rest?: true }
  | { kind: 'cancel'; timer: JobTimer }
  /** The last effect of a job. `event` is shown only when everything before it is durable (Decision 1). */
  | { kind: 'finish'; status: EndStatus; event: FeedEvent };
