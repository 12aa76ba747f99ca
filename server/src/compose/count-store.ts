import type { JobChanges, NewJob } from '../core/job-record.ts';
import type { Metrics } from '../metrics.ts';

interface Store {
  createJob(job: NewJob): Promise<void>;
  saveChanges(changes: JobChanges): Promise<void>;
}

/** The store of jobs, counted: what is durable, how late it was, and what failed. */
export function countStore<S extends Store>(
  store: S,
  metrics: Metrics,
  clock: { now(): number },
): S {
  return {
    ...store,
    async createJob(job) {
      await store.createJob(job);
      metrics.jobCreated();
    },
    async saveChanges(changes) {
      try {
        await store.saveChanges(changes);
      } catch (error) {
        metrics.saveFailed(clock.now());
        throw error;
      }
      metrics.saved(changes, clock.now());
    },
  };
}
