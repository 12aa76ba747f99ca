import type { Db, Statement } from './db.ts';

const DROP_EVENTS: Statement<unknown> = {
  name: 'drop-events',
  text: 'delete from job_events where job_id = any($1::text[])',
};

/** Forgets the feeds of these jobs: they have ended and left memory (REFERENCE 9.1). */
export async function dropEvents(db: Db, jobIds: readonly string[]): Promise<void> {
  await db.query(DROP_EVENTS, [jobIds]);
}
