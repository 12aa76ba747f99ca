import type { Db, Statement } from './db.ts';
import { canBeStored } from './lookup-text.ts';

/** Who asks something of which organization, both by name. */
export interface Asking {
  org: string;
  name: string;
}

/** What there is of one who asks, all of the same moment. */
export interface FoundRequester {
  /** Undefined: no such organization. */
  guid: string | undefined;
  /** The client and the user of that name, where there are any; the client first. */
  principals: RequestingPrincipal[];
}

export interface RequestingPrincipal {
  name: string;
  type: 'user' | 'client';
  publicKey: string;
  /** Its place in each group that was asked about; groups in groups count. */
  memberships: Record<string, 'member' | 'not_member' | 'no_group'>;
}

interface Row {
  place: number;
  guid: string;
  type: 'user' | 'client' | null;
  public_key: string | null;
  groups: string[];
  member_of: string[];
}

/** `union` drops what was found before: circles of groups end (S9). */
const FIND_REQUESTERS: Statement<Row> = {
  name: 'find-requesters',
  text: `
    with recursive asked as (
      select org, name, place::integer
      from unnest($1::text[], $2::text[]) with ordinality as a (org, name, place)
    ), nested (org_id, top, name) as (
      select g.org_id, g.name, g.name
      from directory_groups g join directory_organizations o on o.guid = g.org_id
      where o.name = any($1::text[]) and g.name = any($3::text[])
      union
      select n.org_id, n.top, m.name
      from nested n join directory_group_members m
        on m.org_id = n.org_id and m.group_name = n.name and m.type = 'group'
    )
    select a.place, o.guid, p.type, p.public_key,
      array(select n.top from nested n where n.org_id = o.guid and n.name = n.top) as groups,
      array(
        select n.top
        from nested n join directory_group_members m
          on m.org_id = n.org_id and m.group_name = n.name and m.type = p.type and m.name = p.name
        where n.org_id = o.guid
      ) as member_of
    from asked a
    join directory_organizations o on o.name = a.org
    left join directory_principals p on p.org_id = o.guid and p.name = a.name
    order by a.place, p.type`,
};

/** All who ask, in one look: their organizations, keys and places in `groups`; in the order of `asked`. */
export async function findRequesters(
  db: Db,
  asked: readonly Asking[],
  groups: readonly string[],
): Promise<FoundRequester[]> {
  const found = asked.map((): FoundRequester => ({ guid: undefined, principals: [] }));
  const orgs = asked.map(({ org }) => storable(org));
  const names = asked.map(({ name }) => storable(name));
  for (const row of await db.query(FIND_REQUESTERS, [orgs, names, groups])) {
    const requester = found[row.place - 1];
    const name = names[row.place - 1];
    if (requester === undefined) continue;
    requester.guid = row.guid;
    const { type, public_key: publicKey } = row;
    if (typeof name !== 'string' || type === null || publicKey === null) continue;
    requester.principals.push({ name, type, publicKey, memberships: membershipsOf(row, groups) });
  }
  return found;
}

/** null equals nothing. */
function storable(text: string): string | null {
  return canBeStored(text) ? text : null;
}

function membershipsOf(row: Row, groups: readonly string[]): RequestingPrincipal['memberships'] {
  return Object.fromEntries(
    groups.map((group) => {
      if (row.member_of.includes(group)) return [group, 'member'];
      return [group, row.groups.includes(group) ? 'not_member' : 'no_group'];
    }),
  );
}
