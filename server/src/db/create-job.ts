import type { NewJob } from '../core/job-record.ts';
import type { Db, Statement } from './db.ts';
import { jobStatusCode, nodeStatusCode } from './status-codes.ts';

const CREATE_JOB: Statement<unknown> = {
  name: 'create-job',
  text: `
    with job as (
      insert into jobs (id, org_id, requester, command, status, quorum, run_timeout, created_at, updated_at)
      values ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8::float8 / 1000), to_timestamp($8::float8 / 1000))
      returning id, org_id, created_at
    ), options as (
      insert into job_options (job_id, job_user, dir, env, capture, job_file)
      select job.id, $9, $10, $11, $12, $13 from job
      where num_nonnulls($9::text, $10::text, $11::text, $13::text) > 0 or $12::boolean
    )
    insert into job_nodes (job_id, org_id, node_name, status, created_at, updated_at)
    select job.id, job.org_id, node_name, $14, job.created_at, job.created_at
    from job, unnest($15::text[]) as node_name`,
};

/**
 * Stores a job, its options and all its nodes in one statement, so that no part of it can be left behind (H3, H6).
 * Its status is `voting` (REFERENCE 8.3, last paragraph), that of its nodes `new`.
 */
export async function createJob(db: Db, job: NewJob): Promise<void> {
  await db.query(CREATE_JOB, [
    job.id,
    job.orgId,
    job.requester,
    job.command,
    jobStatusCode('voting'),
    job.quorum,
    job.runTimeout,
    job.createdAt,
    job.user ?? null,
    job.dir ?? null,
    job.env === undefined ? null : JSON.stringify(job.env),
    job.capture,
    job.file ?? null,
    nodeStatusCode('new'),
    job.nodes,
  ]);
}
