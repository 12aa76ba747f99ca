import type { Db, Statement } from './db.ts';

const REMOVE_ADMISSIONS: Statement<unknown> = {
  name: 'remove-admissions',
  text: 'delete from admissions where org_id = $1 and node_name = $2',
};

/** Forgets every CURVE key of a node: its client is gone or refused (Decision 12). */
export async function removeAdmissions(db: Db, orgId: string, node: string): Promise<void> {
  await db.query(REMOVE_ADMISSIONS, [orgId, node]);
}
