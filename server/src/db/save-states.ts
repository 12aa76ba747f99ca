import type { JobChanges } from '../core/job-record.ts';
import type { Statement } from './db.ts';
import { jobStatusCode, nodeStatusCode } from './status-codes.ts';
import type { Step } from './step.ts';

const STOP_JOBS: Statement<unknown> = {
  name: 'stop-jobs',
  text: 'update jobs set stopped = true where id = any($1::text[])',
};
const STOP_NODES: Statement<unknown> = {
  name: 'stop-nodes',
  text: `
    update job_nodes n set stopped = true
    from unnest($1::text[], $2::text[]) as c (job_id, node_name)
    where n.job_id = c.job_id and n.node_name = c.node_name`,
};
/** Stores the newest status of each node. */
export const SAVE_NODES: Statement<unknown> = {
  name: 'save-nodes',
  text: `
    update job_nodes n
    set status = c.status, updated_at = to_timestamp(c.at / 1000)
    from unnest($1::text[], $2::text[], $3::integer[], $4::float8[]) as c (job_id, node_name, status, at)
    where n.job_id = c.job_id and n.node_name = c.node_name`,
};
/** Stores the newest status of each job; updated_at changes with it alone (REFERENCE 8.5). */
export const SAVE_JOBS: Statement<unknown> = {
  name: 'save-jobs',
  text: `
    update jobs j
    set status = c.status, updated_at = to_timestamp(c.at / 1000)
    from unnest($1::text[], $2::integer[], $3::float8[]) as c (job_id, status, at)
    where j.id = c.job_id and j.status <> c.status`,
};

/** Stores requests to stop: of whole jobs, of some nodes (Decision 8). */
export function stopSteps(stops: JobChanges['stops']): Step[] {
  const steps: Step[] = [];
  const jobs = stops.filter(({ nodes }) => nodes === undefined);
  if (jobs.length > 0) steps.push([STOP_JOBS, [jobs.map(({ jobId }) => jobId)]]);
  const nodes = stops.flatMap((stop) => (stop.nodes ?? []).map((node) => [stop.jobId, node]));
  if (nodes.length > 0) {
    steps.push([STOP_NODES, [nodes.map(([jobId]) => jobId), nodes.map(([, node]) => node)]]);
  }
  return steps;
}

/** The values of `SAVE_NODES`. */
export function nodeValues(nodes: JobChanges['nodes']): unknown[] {
  const last = [...new Map(nodes.map((n) => [`${n.jobId}/${n.node}`, n])).values()];
  return [
    last.map((n) => n.jobId),
    last.map((n) => n.node),
    last.map((n) => nodeStatusCode(n.status)),
    last.map((n) => n.at),
  ];
}

/** The values of `SAVE_JOBS`. */
export function jobValues(jobs: JobChanges['jobs']): unknown[] {
  const last = [...new Map(jobs.map((j) => [j.jobId, j])).values()];
  return [
    last.map((j) => j.jobId),
    last.map((j) => jobStatusCode(j.status)),
    last.map((j) => j.at),
  ];
}
