import type { Db, Statement } from './db.ts';
import { FORGET_ORG_EVENTS } from './forget-org-events.ts';

/** What may stay. Without either limit everything does. */
export interface Retention {
  /** Jobs that ended before this go; milliseconds since 1970. */
  olderThan?: number | undefined;
  /** Of each organization the newest so many jobs stay, those in flight counted. */
  keepPerOrg?: number | undefined;
  /** Jobs in one call, at most: each takes its nodes, output and events along. */
  limit: number;
}

/** Finished are the statuses of the index jobs_finished. */
const PRUNE_JOBS: Statement<{ id: string }> = {
  name: 'prune-jobs',
  text: `
    with old as (
      select id from jobs
      where status in (2, 3, 4, 6, 7) and updated_at < to_timestamp($1::float8 / 1000)
      order by updated_at limit $3
    ), surplus as (
      select j.id
      from (select org_id from jobs where $2::bigint is not null group by org_id having count(*) > $2) o,
        lateral (
          select id, status, created_at from jobs where org_id = o.org_id
          order by created_at desc, id desc offset $2
        ) j
      where j.status in (2, 3, 4, 6, 7)
      order by j.created_at, j.id limit $3
    ), gone as (
      delete from jobs
      where id in (select id from (select id from old union select id from surplus) e limit $3)
        and status in (2, 3, 4, 6, 7)
      returning id
    ), ${FORGET_ORG_EVENTS}
    select id from gone order by id`,
};

/** Removes finished jobs that are too old or too many, with all that belongs to them. Answers their ids. */
export async function pruneJobs(db: Db, retention: Retention): Promise<string[]> {
  const { olderThan, keepPerOrg, limit } = retention;
  const rows = await db.query(PRUNE_JOBS, [olderThan ?? null, keepPerOrg ?? null, limit]);
  return rows.map(({ id }) => id);
}
