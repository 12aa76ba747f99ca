import type { JobChanges, NewJob } from '../../server/src/core/job-record.ts';

/** Jobs in memory, with the port of the dispatcher; a test can make it fail or hold it up. */
export interface MemoryStore {
  createJob(job: NewJob): Promise<void>;
  saveChanges(changes: JobChanges): Promise<void>;
  /** Writes so far, in order. */
  readonly batches: JobChanges[];
  statusOf(jobId: string): string | undefined;
  nodesOf(jobId: string): Record<string, string>;
  /** `stdout|stderr` of a node, if it was kept. */
  outputOf(jobId: string, node: string): string | undefined;
  /** Every call rejects with this until it is undefined again. */
  failure: Error | undefined;
  /** Writes wait for the answer of this function. */
  gate: (() => Promise<void>) | undefined;
}

export function makeMemoryStore(): MemoryStore {
  const jobs = new Map<string, { status: string; nodes: Map<string, string> }>();
  const outputs = new Map<string, string>();
  const store: MemoryStore = {
    batches: [],
    failure: undefined,
    gate: undefined,
    createJob(job) {
      if (store.failure !== undefined) return Promise.reject(store.failure);
      const nodes = new Map(job.nodes.map((node) => [node, 'new']));
      jobs.set(job.id, { status: 'voting', nodes });
      return Promise.resolve();
    },
    async saveChanges(changes) {
      await store.gate?.();
      if (store.failure !== undefined) throw store.failure;
      store.batches.push(changes);
      for (const { jobId, node, stdout, stderr } of changes.outputs) {
        const key = `${jobId} ${node}`;
        if (!outputs.has(key)) outputs.set(key, `${stdout}|${stderr}`);
      }
      for (const { jobId, node, status } of changes.nodes) jobs.get(jobId)?.nodes.set(node, status);
      for (const { jobId, status } of changes.jobs) {
        const job = jobs.get(jobId);
        if (job !== undefined) job.status = status;
      }
    },
    statusOf: (jobId) => jobs.get(jobId)?.status,
    nodesOf: (jobId) => Object.fromEntries(jobs.get(jobId)?.nodes ?? []),
    outputOf: (jobId, node) => outputs.get(`${jobId} ${node}`),
  };
  return store;
}
