/** Statuses of a job, in the order of their codes in the database of the reference (ADDON A.7). */
export const JOB_STATUSES = [
  'voting',
  'running',
  'complete',
  'quorum_failed',
  'aborted',
  'new',
  'timed_out',
  'crashed',
] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** Statuses of a node within one job, in the order of their codes in the database (ADDON D.1). */
export const NODE_STATUSES = [
  'new',
  'ready',
  'running',
  'succeeded',
  'failed',
  'aborted',
  'unavailable',
  'nacked',
  'faulty',
  'was_ready',
  'crashed',
  'timed_out',
] as const;
export type NodeStatus = (typeof NODE_STATUSES)[number];

const LIVE_JOB: ReadonlySet<JobStatus> = new Set(['new', 'voting', 'running']);
const LIVE_NODE: ReadonlySet<NodeStatus> = new Set(['new', 'ready', 'running']);

/** True for a job that will not change any more (REFERENCE 18: any status but new, voting, running). */
export function isFinished(status: JobStatus): boolean {
  return !LIVE_JOB.has(status);
}

/** True for a node that is settled in its job (REFERENCE 12, "terminal"). */
export function isSettled(status: NodeStatus): boolean {
  return !LIVE_NODE.has(status);
}

/** What an agent says that it does (REFERENCE 15.6, `job_state`). */
export const JOB_STATES = ['idle', 'committed', 'running'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** Streams of captured output, as they stand in the output route (REFERENCE 8.6). */
export const OUTPUT_STREAMS = ['stdout', 'stderr'] as const;
export type OutputStream = (typeof OUTPUT_STREAMS)[number];
