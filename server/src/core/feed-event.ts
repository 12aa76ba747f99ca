import type { NewJob } from './job-record.ts';

/** How a node voted, or why it did not (REFERENCE 9.1; `aborted` is ours: stopped by request). */
export type VoteStatus =
  | 'success'
  | 'failure'
  | 'down'
  | 'voting_timeout'
  | 'unexpected_commit'
  | 'lost_availibility'
  | 'aborted';

/** How a node's run ended (REFERENCE 9.1; `aborted` is ours: stopped by request). */
export type RunStatus =
  'success' | 'failure' | 'crashed' | 'run_nacked' | 'run_nacked_while_running' | 'aborted';

/** How a job ends (REFERENCE 9.1; `crashed` by J3, `aborted` is ours). */
export type EndStatus = 'complete' | 'quorum_failed' | 'timed_out' | 'crashed' | 'aborted';

/** Members of the event `start`, in their order (REFERENCE 9.1). */
export interface StartData {
  command: string;
  run_timeout: number;
  quorum: number;
  node_count: number;
  /** The requester. */
  user: string;
  job_user?: string;
  dir?: string;
  env?: Readonly<Record<string, string>>;
  file_specified?: true;
  capture: boolean;
}

/** One event of a job's feed; who writes it down adds `timestamp` in front (REFERENCE 9.1). */
export type FeedEvent =
  | { name: 'start'; data: StartData }
  | { name: 'quorum_vote'; data: { node: string; status: VoteStatus } }
  | { name: 'quorum_succeeded'; data: Record<string, never> }
  | { name: 'run_start'; data: { node: string } }
  | { name: 'run_complete'; data: { node: string; status: RunStatus } }
  | { name: 'rehab'; data: { node: string } }
  | { name: 'job_complete'; data: { status: EndStatus } };

/**
 * An event at its place in a feed. `seq` counts from 1; `at` is microseconds since 1970. Both grow strictly
 * within one feed, also over a restart.
 */
export interface StampedEvent {
  seq: number;
  at: number;
  event: FeedEvent;
}

/** The first event of a job: its optional members stand between `user` and `capture` (REFERENCE 9.1). */
export function startEvent(job: NewJob): FeedEvent {
  return {
    name: 'start',
    data: {
      command: job.command,
      run_timeout: job.runTimeout,
      quorum: job.quorum,
      node_count: job.nodes.length,
      user: job.requester,
      ...(job.user === undefined ? {} : { job_user: job.user }),
      ...(job.dir === undefined ? {} : { dir: job.dir }),
      ...(job.env === undefined ? {} : { env: job.env }),
      ...(job.file === undefined ? {} : { file_specified: true }),
      capture: job.capture,
    },
  };
}

/** What the feed of an organization tells of an event: no env, which belongs to the job's own answers (Decision 11). */
export function withoutEnv(event: FeedEvent): FeedEvent {
  if (event.name !== 'start') return event;
  const data = { ...event.data };
  delete data.env;
  return { name: 'start', data };
}
