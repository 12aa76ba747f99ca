import { OUTPUT_STREAMS, type OutputStream } from '@pushy/protocol';
import type { Db, Statement } from './db.ts';
import { canBeStored } from './lookup-text.ts';
import { unseal, type Sealer } from './sealer.ts';

const FIND_OUTPUT: Statement<{ data: Buffer; key_id: number | null }> = {
  name: 'find-output',
  text: `
    select t.data, t.key_id
    from job_output t join jobs j on j.id = t.job_id
    where t.job_id = $1 and j.org_id = $2 and t.node_name = $3 and t.stream = $4
    order by t.seq`,
};

/** What a node wrote to one stream; undefined where nothing was captured (REFERENCE 8.6). */
export async function findOutput(
  db: Db,
  sealer: Sealer,
  orgId: string,
  jobId: string,
  node: string,
  stream: OutputStream,
): Promise<Buffer | undefined> {
  if (!canBeStored(orgId, jobId, node)) return undefined;
  const code = OUTPUT_STREAMS.indexOf(stream);
  const rows = await db.query(FIND_OUTPUT, [jobId, orgId, node, code]);
  if (rows.length === 0) return undefined;
  return Buffer.concat(rows.map(({ data, key_id: keyId }) => unseal(sealer, keyId, data)));
}
