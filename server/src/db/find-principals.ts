import type { PrincipalRow } from './add-principal.ts';
import type { Db, Statement } from './db.ts';
import { canBeStored } from './lookup-text.ts';

const FIND_PRINCIPALS: Statement<PrincipalRow> = {
  name: 'find-principals',
  text: `
    select name, type, public_key as "publicKey" from directory_principals
    where org_id = $1 and name = $2 order by type`,
};

/** The client and the user of a name, where there are any; the client first. */
export async function findPrincipals(db: Db, orgId: string, name: string): Promise<PrincipalRow[]> {
  return canBeStored(orgId, name) ? db.query(FIND_PRINCIPALS, [orgId, name]) : [];
}
