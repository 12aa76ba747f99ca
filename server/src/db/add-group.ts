import type { Db, Statement } from './db.ts';

const ADD_GROUP: Statement<{ name: string }> = {
  name: 'add-group',
  text: `
    insert into directory_groups (org_id, name) values ($1, $2)
    on conflict do nothing returning name`,
};

/** Adds an empty group; false when the organization has one of this name. */
export async function addGroup(db: Db, group: { orgId: string; name: string }): Promise<boolean> {
  const rows = await db.query(ADD_GROUP, [group.orgId, group.name]);
  return rows.length > 0;
}
