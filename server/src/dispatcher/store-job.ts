import type { NewJob } from '../core/job-record.ts';
import type { Saver } from './saver.ts';

/** Stores a job with status `voting` and its nodes with status `new`, in one statement. */
export interface JobCreator {
  createJob(job: NewJob): Promise<void>;
}

/** Makes a job durable; rejects at once while the store is known to fail (Decision 2). */
export async function storeJob(
  store: JobCreator,
  saver: Pick<Saver, 'nodes' | 'job' | 'away'>,
  job: NewJob,
): Promise<void> {
  const away = saver.away();
  if (away !== undefined) throw away;
  try {
    await store.createJob(job);
  } catch (error) {
    // The answer may have been lost on its way, and the requester is told that there is no job: if there is one,
    // it must not run, neither now nor after a restart.
    saver.nodes(job.id, job.nodes, 'unavailable');
    saver.job(job.id, 'crashed');
    throw error;
  }
}
