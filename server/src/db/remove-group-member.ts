import type { GroupMember } from './add-group-member.ts';
import type { Db, Statement } from './db.ts';

const REMOVE_GROUP_MEMBER: Statement<{ name: string }> = {
  name: 'remove-group-member',
  text: `
    delete from directory_group_members
    where org_id = $1 and group_name = $2 and type = $3 and name = $4 returning name`,
};

/** Removes a member from a group; false when it was none. */
export async function removeGroupMember(db: Db, member: GroupMember): Promise<boolean> {
  const { orgId, group, type, name } = member;
  const rows = await db.query(REMOVE_GROUP_MEMBER, [orgId, group, type, name]);
  return rows.length > 0;
}
