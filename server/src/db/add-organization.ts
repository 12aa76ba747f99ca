import type { Db, Statement } from './db.ts';

const ADD_ORGANIZATION: Statement<{ guid: string }> = {
  name: 'add-organization',
  text: `
    insert into directory_organizations (guid, name) values ($1, $2)
    on conflict do nothing returning guid`,
};

/** Adds an organization of our own; false when its name or guid exists. */
export async function addOrganization(
  db: Db,
  organization: { name: string; guid: string },
): Promise<boolean> {
  const rows = await db.query(ADD_ORGANIZATION, [organization.guid, organization.name]);
  return rows.length > 0;
}
