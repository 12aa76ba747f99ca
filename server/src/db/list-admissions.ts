import type { Db, Statement } from './db.ts';
import type { AdmissionRow } from './save-admission.ts';

interface Row {
  org_id: string;
  node_name: string;
  curve_key: Buffer;
  requester: string;
  requester_type: 'user' | 'client';
  renewed_at: number;
  capabilities: string[];
}

const LIST_ADMISSIONS: Statement<Row> = {
  name: 'list-admissions',
  text: `
    select org_id, node_name, curve_key, requester, requester_type,
      round(extract(epoch from renewed_at) * 1000)::float8 as renewed_at, capabilities
    from admissions order by renewed_at`,
};

/** All CURVE keys that are stored, the one renewed longest ago first. */
export async function listAdmissions(db: Db): Promise<Required<AdmissionRow>[]> {
  const rows = await db.query(LIST_ADMISSIONS);
  return rows.map((row) => ({
    orgId: row.org_id,
    node: row.node_name,
    curveKey: row.curve_key,
    requester: { name: row.requester, type: row.requester_type },
    renewedAt: row.renewed_at,
    capabilities: row.capabilities,
  }));
}
