import type { JobDetail, JobQuery, StoredJob } from '../core/job-record.ts';
import type { Db, Statement } from './db.ts';
import { JOB_COLUMNS, toCounts, toStoredJob, type JobRow } from './job-row.ts';
import { canBeStored } from './lookup-text.ts';
import type { Sealer } from './sealer.ts';
import { jobStatusCode } from './status-codes.ts';

interface ListRow extends JobRow {
  has_file: boolean;
}
interface DetailRow extends ListRow {
  counts: Record<string, number> | null;
}

/** The list never shows files (REFERENCE 8.4), so they are not read. */
const COLUMNS = `${JOB_COLUMNS}, o.job_file is not null as has_file`;
const COUNTS = `
  (
    select json_object_agg(n.status, n.count)
    from (select status, count(*) from job_nodes where job_id = j.id group by status) n
  ) as counts`;

/** Newest first (H9). The place of `after` is looked up once: the index serves the rest. */
const CHOSEN = `
  from jobs j left join job_options o on o.job_id = j.id
  where j.org_id = $1
    and ($2::integer is null or j.status = $2)
    and ($3::text is null or j.command = $3)
    and ($4::text is null or coalesce(j.requester, '') = $4)
    and ($5::text is null or exists (select 1 from job_nodes n where n.job_id = j.id and n.node_name = $5))`;
const AFTER = `
    and (j.created_at, j.id) < ((select a.created_at from jobs a where a.id = $7 and a.org_id = $1), $7)`;
const ORDERED = `
  order by j.created_at desc, j.id desc limit $6`;

const LIST_JOBS: Statement<ListRow> = {
  name: 'list-jobs',
  text: `select ${COLUMNS} ${CHOSEN} ${ORDERED}`,
};
const LIST_JOBS_AFTER: Statement<ListRow> = {
  name: 'list-jobs-after',
  text: `select ${COLUMNS} ${CHOSEN} ${AFTER} ${ORDERED}`,
};
const LIST_JOB_DETAILS: Statement<DetailRow> = {
  name: 'list-job-details',
  text: `select ${COLUMNS}, ${COUNTS} ${CHOSEN} ${ORDERED}`,
};
const LIST_JOB_DETAILS_AFTER: Statement<DetailRow> = {
  name: 'list-job-details-after',
  text: `select ${COLUMNS}, ${COUNTS} ${CHOSEN} ${AFTER} ${ORDERED}`,
};

/**
 * The jobs of an organization that the query chooses, newest first. `file` is an empty text for a job that has
 * one. `after` a job that is not there lists nothing.
 */
export async function listJobs(
  db: Db,
  sealer: Sealer,
  orgId: string,
  query: JobQuery = {},
): Promise<StoredJob[]> {
  const rows = await choose(db, LIST_JOBS, LIST_JOBS_AFTER, orgId, query);
  return rows.map((row) => listed(row, sealer));
}

/** The same, each with the number of its nodes by status. */
export async function listJobDetails(
  db: Db,
  sealer: Sealer,
  orgId: string,
  query: JobQuery = {},
): Promise<JobDetail[]> {
  const rows = await choose(db, LIST_JOB_DETAILS, LIST_JOB_DETAILS_AFTER, orgId, query);
  return rows.map((row) => ({ ...listed(row, sealer), counts: toCounts(row.counts ?? {}) }));
}

async function choose<Row>(
  db: Db,
  fromNewest: Statement<Row>,
  further: Statement<Row>,
  orgId: string,
  query: JobQuery,
): Promise<Row[]> {
  const { limit, after, status, command, requester, node } = query;
  const texts = [orgId, after, command, requester, node].filter((text) => text !== undefined);
  if (!canBeStored(...texts)) return [];
  const values = [
    orgId,
    status === undefined ? null : jobStatusCode(status),
    command ?? null,
    requester ?? null,
    node ?? null,
    limit ?? null,
  ];
  return after === undefined ? db.query(fromNewest, values) : db.query(further, [...values, after]);
}

function listed(row: ListRow, sealer: Sealer): StoredJob {
  return { ...toStoredJob(row, sealer), ...(row.has_file ? { file: '' } : {}) };
}
