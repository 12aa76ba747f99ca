import type { Db, Statement } from './db.ts';
import type { GroupMembers } from './find-group.ts';

const LIST_GROUPS: Statement<GroupMembers & { name: string }> = {
  name: 'list-groups',
  text: `
    select g.name,
      array(select m.name from directory_group_members m
        where m.org_id = g.org_id and group_name = g.name and type = 'user' order by m.name) as users,
      array(select m.name from directory_group_members m
        where m.org_id = g.org_id and group_name = g.name and type = 'client' order by m.name) as clients,
      array(select m.name from directory_group_members m
        where m.org_id = g.org_id and group_name = g.name and type = 'group' order by m.name) as groups
    from directory_groups g where g.org_id = $1 order by g.name`,
};

/** All groups of an organization with their members, by name. */
export async function listGroups(
  db: Db,
  orgId: string,
): Promise<(GroupMembers & { name: string })[]> {
  return db.query(LIST_GROUPS, [orgId]);
}
