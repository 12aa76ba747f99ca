import { OUTPUT_STREAMS, type OutputStream } from '@pushy/protocol';
import type { Db, Statement } from './db.ts';
import { canBeStored } from './lookup-text.ts';

const FIND_OUTPUT: Statement<{ data: Buffer | null }> = {
  name: 'find-output',
  text: `
    select string_agg(t.data, ''::bytea order by t.seq) as data
    from job_output t join jobs j on j.id = t.job_id
    where t.job_id = $1 and j.org_id = $2 and t.node_name = $3 and t.stream = $4`,
};

/** What a node wrote to one stream; undefined where nothing was captured (REFERENCE 8.6). */
export async function findOutput(
  db: Db,
  orgId: string,
  jobId: string,
  node: string,
  stream: OutputStream,
): Promise<Buffer | undefined> {
  if (!canBeStored(orgId, jobId, node)) return undefined;
  const code = OUTPUT_STREAMS.indexOf(stream);
  const [row] = await db.query(FIND_OUTPUT, [jobId, orgId, node, code]);
  return row?.data ?? undefined;
}
