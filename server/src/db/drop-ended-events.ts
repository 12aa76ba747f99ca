import type { Db, Statement } from './db.ts';

/** The statuses are those of the index jobs_unfinished. */
const DROP_ENDED_EVENTS: Statement<unknown> = {
  name: 'drop-ended-events',
  text: `
    delete from job_events e
    where not exists (select from jobs j where j.id = e.job_id and j.status in (0, 1, 5))`,
};

/** At a start: forgets the feeds of jobs that had ended when the server did. */
export async function dropEndedEvents(db: Db): Promise<void> {
  await db.query(DROP_ENDED_EVENTS);
}
