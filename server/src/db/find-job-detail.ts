import type { JobDetail, StoredJobWithNodes } from '../core/job-record.ts';
import type { NodeStatus } from '@pushy/protocol';
import type { Db } from './db.ts';
import { findJob } from './find-job.ts';
import type { Sealer } from './sealer.ts';

/** `findJob` with the number of its nodes by status. */
export async function findJobDetail(
  db: Db,
  sealer: Sealer,
  orgId: string,
  id: string,
): Promise<(StoredJobWithNodes & JobDetail) | undefined> {
  const job = await findJob(db, sealer, orgId, id);
  if (job === undefined) return undefined;
  const counts: Partial<Record<NodeStatus, number>> = {};
  for (const [status, names] of Object.entries(job.nodes)) {
    counts[status as NodeStatus] = names.length;
  }
  return { ...job, counts };
}
