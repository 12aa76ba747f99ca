import type { PrincipalRow } from './add-principal.ts';
import type { Db, Statement } from './db.ts';

const LIST_PRINCIPALS: Statement<PrincipalRow> = {
  name: 'list-principals',
  text: `
    select name, type, public_key as "publicKey" from directory_principals
    where org_id = $1 order by type, name`,
};

/** All clients, then all users of an organization, by name. */
export async function listPrincipals(db: Db, orgId: string): Promise<PrincipalRow[]> {
  return db.query(LIST_PRINCIPALS, [orgId]);
}
