import type { Db, Statement } from './db.ts';

/** The tables are searched for those keys alone that are missing: where none is, that costs nothing. */
const MISSING_SEALING_KEYS: Statement<{ id: number }> = {
  name: 'missing-sealing-keys',
  text: `
    select k.id from sealing_keys k
    where k.id <> all ($1::integer[]) and (
      exists (select 1 from job_options r where r.key_id = k.id)
      or exists (select 1 from job_output r where r.key_id = k.id)
      or exists (select 1 from job_events r where r.key_id = k.id)
      or exists (select 1 from org_events r where r.key_id = k.id)
    )
    order by k.id`,
};

/** Keys that have sealed rows, which are still there, and are not among those that are `present`. */
export async function missingSealingKeys(db: Db, present: readonly number[]): Promise<number[]> {
  const rows = await db.query(MISSING_SEALING_KEYS, [present]);
  return rows.map(({ id }) => id);
}
