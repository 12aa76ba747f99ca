import type { Db, Statement } from './db.ts';
import { jobStatusCode, nodeStatusCode } from './status-codes.ts';

/** The list of statuses is the one of the index jobs_unfinished: voting, running, new. */
const SETTLE_UNFINISHED_JOBS: Statement<{ id: string }> = {
  name: 'settle-unfinished-jobs',
  text: `
    with settled as (
      update jobs set status = $1, updated_at = to_timestamp($2::float8 / 1000)
      where status in (0, 1, 5)
      returning id
    ), nodes as (
      update job_nodes n
      set status = case when n.status = $3 then $4::integer else $5::integer end,
        updated_at = to_timestamp($2::float8 / 1000)
      from settled
      where n.job_id = settled.id and n.status in ($3, $6, $7)
    )
    select id from settled order by id`,
};

/**
 * At start: jobs that were in flight are `crashed` (REFERENCE 11), and so are their nodes that had committed or
 * ran; those that had not answered are `unavailable` (J4). Answers the ids of the jobs. `now` in milliseconds.
 */
export async function settleUnfinishedJobs(db: Db, now: number): Promise<string[]> {
  const rows = await db.query(SETTLE_UNFINISHED_JOBS, [
    jobStatusCode('crashed'),
    now,
    nodeStatusCode('new'),
    nodeStatusCode('unavailable'),
    nodeStatusCode('crashed'),
    nodeStatusCode('ready'),
    nodeStatusCode('running'),
  ]);
  return rows.map(({ id }) => id);
}
