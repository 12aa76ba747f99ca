import type { Db, Statement } from './db.ts';

const LIST_ORGANIZATIONS: Statement<{ name: string; guid: string }> = {
  name: 'list-organizations',
  text: 'select name, guid from directory_organizations order by name',
};

/** All organizations of our own, by name. */
export async function listOrganizations(db: Db): Promise<{ name: string; guid: string }[]> {
  return db.query(LIST_ORGANIZATIONS);
}
