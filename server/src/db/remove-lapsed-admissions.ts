import type { Db, Statement } from './db.ts';

const REMOVE_LAPSED_ADMISSIONS: Statement<unknown> = {
  name: 'remove-lapsed-admissions',
  text: 'delete from admissions where renewed_at <= to_timestamp($1::float8 / 1000)',
};

/** Forgets every CURVE key that was last renewed at `before` or earlier; milliseconds since 1970. */
export async function removeLapsedAdmissions(db: Db, before: number): Promise<void> {
  await db.query(REMOVE_LAPSED_ADMISSIONS, [before]);
}
