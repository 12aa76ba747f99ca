import type { StoredJobWithNodes } from '../core/job-record.ts';
import type { Db, Statement } from './db.ts';
import { JOB_COLUMNS, toNodesByStatus, toStoredJob, type JobRow } from './job-row.ts';
import { canBeStored } from './lookup-text.ts';
import { unseal, type Sealer } from './sealer.ts';

interface Row extends JobRow {
  job_file: Buffer | null;
  nodes: Record<string, string[]> | null;
}

const FIND_JOB: Statement<Row> = {
  name: 'find-job',
  text: `
    select ${JOB_COLUMNS}, o.job_file,
      (
        select json_object_agg(n.status, n.names)
        from (
          select status, json_agg(node_name order by node_name) as names
          from job_nodes where job_id = j.id group by status
        ) n
      ) as nodes
    from jobs j left join job_options o on o.job_id = j.id
    where j.id = $1 and j.org_id = $2`,
};

/** A job of an organization with its nodes, as they were at one moment; another organization's is not found (S2). */
export async function findJob(
  db: Db,
  sealer: Sealer,
  orgId: string,
  id: string,
): Promise<StoredJobWithNodes | undefined> {
  if (!canBeStored(orgId, id)) return undefined;
  const [row] = await db.query(FIND_JOB, [id, orgId]);
  if (row === undefined) return undefined;
  const { job_file: file, key_id: keyId } = row;
  return {
    ...toStoredJob(row, sealer),
    ...(file === null ? {} : { file: unseal(sealer, keyId, file).toString() }),
    nodes: toNodesByStatus(row.nodes ?? {}),
  };
}
