import type { Db, Statement } from './db.ts';
import { canBeStored } from './lookup-text.ts';

const FIND_ORGANIZATION: Statement<{ guid: string }> = {
  name: 'find-organization',
  text: 'select guid from directory_organizations where name = $1',
};

/** An organization of our own by its name. */
export async function findOrganization(
  db: Db,
  name: string,
): Promise<{ guid: string } | undefined> {
  if (!canBeStored(name)) return undefined;
  const [row] = await db.query(FIND_ORGANIZATION, [name]);
  return row && { guid: row.guid };
}
