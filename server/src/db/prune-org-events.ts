import type { Db, Statement } from './db.ts';

const PRUNE_ORG_EVENTS: Statement<unknown> = {
  name: 'prune-org-events',
  text: `
    delete from org_events e
    where e.at < $1::bigint
      and e.seq < (select max(seq) from org_events m where m.org_id = e.org_id)`,
};

/**
 * Forgets the events of organizations that are older than `before`: microseconds since 1970, as their `at`.
 * The newest of each stays, so that its numbers go on (REFERENCE 9.2).
 */
export async function pruneOrgEvents(db: Db, before: number): Promise<void> {
  await db.query(PRUNE_ORG_EVENTS, [Math.floor(before)]);
}
