import type { Db, Statement } from './db.ts';

/** A user or a client of an organization of our own. */
export interface PrincipalRow {
  name: string;
  type: 'user' | 'client';
  /** PEM. */
  publicKey: string;
}

const ADD_PRINCIPAL: Statement<{ name: string }> = {
  name: 'add-principal',
  text: `
    insert into directory_principals (org_id, name, type, public_key) values ($1, $2, $3, $4)
    on conflict do nothing returning name`,
};

/** Adds a user or client; false when the organization has one of this name and type. */
export async function addPrincipal(
  db: Db,
  principal: PrincipalRow & { orgId: string },
): Promise<boolean> {
  const { orgId, name, type, publicKey } = principal;
  const rows = await db.query(ADD_PRINCIPAL, [orgId, name, type, publicKey]);
  return rows.length > 0;
}
