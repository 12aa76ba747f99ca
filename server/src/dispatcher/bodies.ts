import { formatHttpDate } from '@pushy/protocol';
import type { NewJob } from '../core/job-record.ts';

/**
 * Bodies of REFERENCE 15.5 in two parts: `sequence` and `timestamp` differ for each node, the tail (JSON
 * members without braces) is the same for all nodes of a job and encoded once.
 */
export function body(sequence: number, now: number, tail: string): string {
  return `{"sequence":${sequence},"timestamp":"${formatHttpDate(now)}",${tail}}`;
}

/** The tails of `abort` and `ack`. */
export const PLAIN_TAILS = { abort: '"type":"abort"', ack: '"type":"ack"' } as const;

/** The tail of `removed`. */
export const REMOVED_TAIL = '"type":"removed"';

/** The tail of `commit`. */
export function commitTail(job: NewJob, serverName: string): string {
  return members({
    type: 'commit',
    job_id: job.id,
    server: serverName,
    command: job.command,
    user: job.user,
    dir: job.dir,
    env: job.env,
    file: job.file,
    capture: job.capture,
  });
}

/** The tail of a `commit` for one node; `knowsTimeouts`: it has the capability `run_timeout`. */
export function tailFor(
  { tail, runTimeout }: { readonly tail: string; readonly runTimeout: number },
  knowsTimeouts: boolean,
): string {
  return knowsTimeouts ? `${tail},"run_timeout":${runTimeout}` : tail;
}

/** The tail of `run`. */
export function runTail(jobId: string): string {
  return `"type":"run","job_id":${JSON.stringify(jobId)}`;
}

/** The tail of `result_ack`. */
export function resultAckTail(jobId: string): string {
  return `"type":"result_ack","job_id":${JSON.stringify(jobId)}`;
}

/** Members that are undefined are left out. */
function members(values: Record<string, unknown>): string {
  return JSON.stringify(values).slice(1, -1);
}
