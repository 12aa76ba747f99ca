import { isFinished } from '@pushy/protocol';
import type { Db, Statement } from './db.ts';
import { FORGET_ORG_EVENTS } from './forget-org-events.ts';
import { canBeStored } from './lookup-text.ts';
import { jobStatusOf } from './status-codes.ts';

/** Finished are the statuses of the index jobs_finished. */
const DELETE_JOB: Statement<{ status: number }> = {
  name: 'delete-job',
  text: `
    with job as (
      select id, status from jobs where id = $1 and org_id = $2 for update
    ), gone as (
      delete from jobs where id = (select id from job) and status in (2, 3, 4, 6, 7) returning id
    ), ${FORGET_ORG_EVENTS}
    select status from job`,
};

/** Removes a finished job of an organization with all that belongs to it (Decision 8). */
export async function deleteJob(
  db: Db,
  orgId: string,
  id: string,
): Promise<'deleted' | 'in_flight' | 'missing'> {
  if (!canBeStored(orgId, id)) return 'missing';
  const [row] = await db.query(DELETE_JOB, [id, orgId]);
  if (row === undefined) return 'missing';
  return isFinished(jobStatusOf(row.status)) ? 'deleted' : 'in_flight';
}
