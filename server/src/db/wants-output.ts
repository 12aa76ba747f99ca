import type { Db, Statement } from './db.ts';

const WANTS_OUTPUT: Statement<{ wanted: boolean }> = {
  name: 'wants-output',
  text: `
    select true as wanted
    from jobs j
    join job_nodes n on n.job_id = j.id and n.node_name = $3
    join job_options o on o.job_id = j.id and o.capture
    where j.id = $2 and j.org_id = $1
      and not exists (select from job_output p where p.job_id = j.id and p.node_name = $3)`,
};

/** Whether that job of the organization has this node, keeps output, and has none of this node yet (Decision 7). */
export async function wantsOutput(
  db: Db,
  orgId: string,
  jobId: string,
  node: string,
): Promise<boolean> {
  return (await db.query(WANTS_OUTPUT, [orgId, jobId, node])).length > 0;
}
