import type { StoredJob } from '../core/job-record.ts';
import type { Db, Statement } from './db.ts';
import { JOB_COLUMNS, toStoredJob, type JobRow } from './job-row.ts';

const LIST_JOBS: Statement<JobRow> = {
  name: 'list-jobs',
  text: `
    select ${JOB_COLUMNS}, case when o.job_file is not null then '' end as job_file
    from jobs j left join job_options o on o.job_id = j.id
    where j.org_id = $1
    order by j.created_at desc, j.id desc`,
};

/**
 * All jobs of an organization, newest first (H9). A list never shows files (REFERENCE 8.4), so they are not read:
 * `file` is an empty text for a job that has one.
 */
export async function listJobs(db: Db, orgId: string): Promise<StoredJob[]> {
  const rows = await db.query(LIST_JOBS, [orgId]);
  return rows.map(toStoredJob);
}
