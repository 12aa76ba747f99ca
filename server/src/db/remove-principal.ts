import type { Db, Statement } from './db.ts';

const REMOVE_PRINCIPAL: Statement<{ name: string }> = {
  name: 'remove-principal',
  text: `
    with memberships as (
      delete from directory_group_members where org_id = $1 and name = $2 and type = $3
    )
    delete from directory_principals where org_id = $1 and name = $2 and type = $3 returning name`,
};

/** Removes a user or client, from its groups as well; false when there was none. */
export async function removePrincipal(
  db: Db,
  principal: { orgId: string; name: string; type: 'user' | 'client' },
): Promise<boolean> {
  const { orgId, name, type } = principal;
  const rows = await db.query(REMOVE_PRINCIPAL, [orgId, name, type]);
  return rows.length > 0;
}
