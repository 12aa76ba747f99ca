import type { Db, Statement } from './db.ts';

/** A member of a group: a user, a client or another group. */
export interface GroupMember {
  orgId: string;
  group: string;
  name: string;
  type: 'user' | 'client' | 'group';
}

const ADD_GROUP_MEMBER: Statement<{ name: string }> = {
  name: 'add-group-member',
  text: `
    insert into directory_group_members (org_id, group_name, type, name) values ($1, $2, $3, $4)
    on conflict do nothing returning name`,
};

/** Adds a member to a group that exists; false when it was one already. */
export async function addGroupMember(db: Db, member: GroupMember): Promise<boolean> {
  const { orgId, group, type, name } = member;
  const rows = await db.query(ADD_GROUP_MEMBER, [orgId, group, type, name]);
  return rows.length > 0;
}
