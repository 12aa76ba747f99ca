import type { Db, Statement } from './db.ts';

const ADD_SEALING_KEY: Statement<unknown> = {
  name: 'add-sealing-key',
  text: 'insert into sealing_keys (id) values ($1) on conflict do nothing',
};

/** Writes down that a key may seal rows from now on. Before it does. */
export async function addSealingKey(db: Db, keyId: number): Promise<void> {
  await db.query(ADD_SEALING_KEY, [keyId]);
}
