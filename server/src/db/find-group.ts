import type { Db, Statement } from './db.ts';
import { canBeStored } from './lookup-text.ts';

/** Who is in a group, by name. */
export interface GroupMembers {
  users: string[];
  clients: string[];
  groups: string[];
}

const FIND_GROUP: Statement<GroupMembers> = {
  name: 'find-group',
  text: `
    with members as (
      select name, type from directory_group_members where org_id = $1 and group_name = $2
    )
    select
      array(select name from members where type = 'user' order by name) as users,
      array(select name from members where type = 'client' order by name) as clients,
      array(select name from members where type = 'group' order by name) as groups
    from directory_groups where org_id = $1 and name = $2`,
};

/** The members of a group; undefined when the organization has no group of this name. */
export async function findGroup(
  db: Db,
  orgId: string,
  name: string,
): Promise<GroupMembers | undefined> {
  if (!canBeStored(orgId, name)) return undefined;
  const [row] = await db.query(FIND_GROUP, [orgId, name]);
  return row;
}
