import type { JobStatus, NodesByStatus, NodeStatus } from '@pushy/protocol';

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
}

/** A job with its nodes, by their status. */
export interface StoredJobWithNodes extends StoredJob {
  nodes: NodesByStatus;
}

/** One batch of what happened to jobs, written in one transaction: outputs, then nodes, then jobs. */
export interface JobChanges {
  outputs: readonly { jobId: string; node: string; stdout: string; stderr: string }[];
  /** `at`: milliseconds since 1970. */
  nodes: readonly { jobId: string; node: string; status: NodeStatus; at: number }[];
  jobs: readonly { jobId: string; status: JobStatus; at: number }[];
}
