import type { NewJob } from '../core/job-record.ts';
import type { Db, Statement } from './db.ts';
import type { Sealer } from './sealer.ts';
import { jobStatusCode, nodeStatusCode } from './status-codes.ts';

const CREATE_JOB: Statement<unknown> = {
  name: 'create-job',
  text: `
    with job as (
      insert into jobs (id, org_id, org_name, requester, command, status, quorum, run_timeout, created_at, updated_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, to_timestamp($9::float8 / 1000), to_timestamp($9::float8 / 1000))
      returning id, org_id, created_at
    ), options as (
      insert into job_options (job_id, job_user, dir, env, capture, job_file, key_id)
      select job.id, $10, $11, $12, $13, $14, $15 from job
      where num_nonnulls($10::text, $11::text, $12::bytea, $14::bytea) > 0 or $13::boolean
    )
    insert into job_nodes (job_id, org_id, node_name, status, created_at, updated_at)
    select job.id, job.org_id, node_name, $16, job.created_at, job.created_at
    from job, unnest($17::text[]) as node_name`,
};

/**
 * Stores a job, its options and all its nodes in one statement, so that no part of it can be left behind (H3, H6).
 * Its status is `voting` (REFERENCE 8.3, last paragraph), that of its nodes `new`. env and file are sealed.
 */
export async function createJob(db: Db, sealer: Sealer, job: NewJob): Promise<void> {
  const env = job.env === undefined ? undefined : sealText(sealer, JSON.stringify(job.env));
  const file = job.file === undefined ? undefined : sealText(sealer, job.file);
  await db.query(CREATE_JOB, [
    job.id,
    job.orgId,
    job.orgName,
    job.requester,
    job.command,
    jobStatusCode('voting'),
    job.quorum,
    job.runTimeout,
    job.createdAt,
    job.user ?? null,
    job.dir ?? null,
    env?.bytes ?? null,
    job.capture,
    file?.bytes ?? null,
    // Both were sealed in one go: by the same key. A row without either is not to be sealed.
    env?.keyId ?? file?.keyId ?? null,
    nodeStatusCode('new'),
    job.nodes,
  ]);
}

function sealText(sealer: Sealer, text: string): ReturnType<Sealer['seal']> {
  return sealer.seal(Buffer.from(text));
}
