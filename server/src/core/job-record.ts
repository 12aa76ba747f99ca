import type { JobStatus, NodesByStatus, NodeStatus } from '@pushy/protocol';
import type { StampedEvent } from './feed-event.ts';

/** A job as it is asked for and stored; it never changes after its creation. */
export interface NewJob {
  /** 32 lower-case hex characters (REFERENCE 10). */
  id: string;
  /** The organization's guid, 32 hex characters. */
  orgId: string;
  /** The organization's name: what agents and URLs use. */
  orgName: string;
  /** Name of the user or client that asked for the job (J6). */
  requester: string;
  command: string;
  /** Distinct node names, at least one. */
  nodes: readonly string[];
  quorum: number;
  /** Seconds, counted from the start of the run phase. */
  runTimeout: number;
  user?: string;
  dir?: string;
  env?: Readonly<Record<string, string>>;
  /** With its prefix, `raw:` or `base64:`. */
  file?: string;
  capture: boolean;
  /** Milliseconds since 1970. */
  createdAt: number;
}

/** A job as it is read back, without its nodes. */
export interface StoredJob extends Omit<NewJob, 'nodes' | 'orgName'> {
  status: JobStatus;
  /** Milliseconds since 1970; changes with the status of the job alone (REFERENCE 8.5). */
  updatedAt: number;
  /** It was asked to stop as a whole (Decision 8). */
  stopped?: true;
}

/** A job with its nodes, by their status. */
export interface StoredJobWithNodes extends StoredJob {
  nodes: NodesByStatus;
}

/** A job with the number of its nodes by status; only statuses that occur. */
export interface JobDetail extends StoredJob {
  counts: Partial<Record<NodeStatus, number>>;
}

/** Which jobs of a list, newest first; without a member there is no such limit. */
export interface JobQuery {
  limit?: number;
  /** Only those that come after this job in the list. */
  after?: string;
  status?: JobStatus;
  command?: string;
  requester?: string;
  /** Only those that this node is in. */
  node?: string;
}

/** A job that was in flight when the server ended, as it stands in the database. */
export interface UnfinishedJob {
  job: NewJob;
  status: JobStatus;
  /** Milliseconds since 1970: the start of the run phase of a job that is `running`. */
  updatedAt: number;
  /** It was asked to stop as a whole (Decision 8). */
  stopped: boolean;
  nodes: readonly {
    node: string;
    status: NodeStatus;
    /** This node was asked to stop and has not said so. */
    stopped: boolean;
  }[];
  /** Its feed so far, oldest first. */
  events: readonly StampedEvent[];
}

/**
 * One batch of what happened to jobs, written in one transaction: outputs, then stops, nodes, jobs and events.
 * What is shown of an event is durable, therefore.
 */
export interface JobChanges {
  outputs: readonly { jobId: string; node: string; stdout: string; stderr: string }[];
  /** `at`: milliseconds since 1970. */
  nodes: readonly { jobId: string; node: string; status: NodeStatus; at: number }[];
  jobs: readonly { jobId: string; status: JobStatus; at: number }[];
  /** Requests to stop a job: as a whole, or these nodes of it. */
  stops: readonly { jobId: string; nodes?: readonly string[] }[];
  /** Of the feeds of jobs, in their order. */
  events: readonly (StampedEvent & { jobId: string })[];
  /** Of the feeds of organizations, in their order. */
  orgEvents: readonly (StampedEvent & { orgId: string; jobId: string })[];
}

/** A batch without anything in it. */
export const NO_CHANGES: JobChanges = {
  outputs: [],
  nodes: [],
  jobs: [],
  stops: [],
  events: [],
  orgEvents: [],
};
