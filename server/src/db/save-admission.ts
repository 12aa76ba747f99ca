import type { Db, Statement } from './db.ts';

/** A CURVE key that a node may connect with. */
export interface AdmissionRow {
  orgId: string;
  node: string;
  /** 32 bytes. */
  curveKey: Buffer;
  requester: { name: string; type: 'user' | 'client' };
  /** When the node last asked with this key; milliseconds since 1970. */
  renewedAt: number;
  /** What the node can do beyond the protocol of the reference; default: nothing. */
  capabilities?: readonly string[];
}

const SAVE_ADMISSION: Statement<unknown> = {
  name: 'save-admission',
  text: `
    with older as (
      delete from admissions
      where org_id = $1 and node_name = $2 and curve_key in (
        select curve_key from admissions
        where org_id = $1 and node_name = $2 and curve_key <> $3
        order by renewed_at desc offset $7
      )
    )
    insert into admissions (org_id, node_name, curve_key, requester, requester_type, renewed_at, capabilities)
    values ($1, $2, $3, $4, $5, to_timestamp($6::float8 / 1000), $8::text[])
    on conflict (org_id, node_name, curve_key)
    do update set requester = $4, requester_type = $5, renewed_at = to_timestamp($6::float8 / 1000),
      capabilities = $8::text[]`,
};

/** Stores or renews a node's CURVE key; of the node's others the newest stay, `keep` keys in all (Decision 12). */
export async function saveAdmission(db: Db, admission: AdmissionRow, keep: number): Promise<void> {
  const { orgId, node, curveKey, requester, renewedAt, capabilities = [] } = admission;
  const { name, type } = requester;
  const values = [orgId, node, curveKey, name, type, renewedAt, keep - 1, capabilities];
  await db.query(SAVE_ADMISSION, values);
}
