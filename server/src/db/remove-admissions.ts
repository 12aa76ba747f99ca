import type { Db, Statement } from './db.ts';

const REMOVE_ADMISSIONS: Statement<unknown> = {
  name: 'remove-admissions',
  text: `
    with removed as (
      delete from admissions where org_id = $1 and node_name = $2
    )
    insert into node_generations as g (org_id, node_name, generation)
    values ($1, $2, coalesce($3::integer, 1))
    on conflict (org_id, node_name)
    do update set generation = greatest(g.generation, coalesce($3::integer, g.generation + 1))`,
};

/**
 * Forgets every CURVE key of a node, whose client is gone or refused, and raises its generation, which makes its
 * session key another one (Decision 12): to `generation` at least, or by one where the caller does not know it.
 */
export async function removeAdmissions(
  db: Db,
  orgId: string,
  node: string,
  generation?: number,
): Promise<void> {
  await db.query(REMOVE_ADMISSIONS, [orgId, node, generation ?? null]);
}
