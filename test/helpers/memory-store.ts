import { isFinished, isSettled, type JobStatus, type NodeStatus } from '@pushy/protocol';
import type { JobChanges, NewJob, UnfinishedJob } from '../../server/src/core/job-record.ts';

/** Jobs in memory, with the port of the dispatcher; a test can make it fail or hold it up. */
export interface MemoryStore {
  createJob(job: NewJob): Promise<void>;
  saveChanges(changes: JobChanges): Promise<void>;
  /** True for an error of `refusal`. */
  refuses(error: unknown): boolean;
  wantsOutput(orgId: string, jobId: string, node: string): Promise<boolean>;
  /** As a new server reads them back. */
  unfinished(): UnfinishedJob[];
  /** Writes so far, in order. */
  readonly batches: JobChanges[];
  statusOf(jobId: string): string | undefined;
  nodesOf(jobId: string): Record<string, string>;
  /** `stdout|stderr` of a node, if it was kept. */
  outputOf(jobId: string, node: string): string | undefined;
  /** Every call rejects with this until it is undefined again. */
  failure: Error | undefined;
  /** A batch for which this is true is refused for ever. */
  refusal: ((changes: JobChanges) => boolean) | undefined;
  /** Writes wait for the answer of this function. */
  gate: (() => Promise<void>) | undefined;
}

interface Stored {
  job: NewJob;
  status: JobStatus;
  updatedAt: number;
  stopped: boolean;
  nodes: Map<string, { status: NodeStatus; stopped: boolean }>;
  events: UnfinishedJob['events'][number][];
}

class Refused extends Error {}

export function makeMemoryStore(): MemoryStore {
  const jobs = new Map<string, Stored>();
  const outputs = new Map<string, string>();
  const store: MemoryStore = {
    batches: [],
    failure: undefined,
    refusal: undefined,
    gate: undefined,
    createJob(job) {
      if (store.failure !== undefined) return Promise.reject(store.failure);
      const nodes: Stored['nodes'] = new Map();
      for (const node of job.nodes) nodes.set(node, { status: 'new', stopped: false });
      const updatedAt = job.createdAt;
      jobs.set(job.id, { job, status: 'voting', updatedAt, stopped: false, nodes, events: [] });
      return Promise.resolve();
    },
    async saveChanges(changes) {
      await store.gate?.();
      if (store.failure !== undefined) throw store.failure;
      if (store.refusal?.(changes) === true) throw new Refused('refused');
      store.batches.push(changes);
      for (const { jobId, node, stdout, stderr } of changes.outputs) {
        const key = `${jobId} ${node}`;
        if (!outputs.has(key)) outputs.set(key, `${stdout}|${stderr}`);
      }
      for (const { jobId, nodes } of changes.stops) stop(jobs.get(jobId), nodes);
      for (const { jobId, node, status } of changes.nodes) {
        const stored = jobs.get(jobId)?.nodes.get(node);
        if (stored !== undefined) stored.status = status;
      }
      for (const { jobId, status, at } of changes.jobs) {
        const job = jobs.get(jobId);
        if (job !== undefined) Object.assign(job, { status, updatedAt: at });
      }
      for (const { jobId, ...event } of changes.events) jobs.get(jobId)?.events.push(event);
    },
    refuses: (error) => error instanceof Refused,
    wantsOutput(orgId, jobId, node) {
      if (store.failure !== undefined) return Promise.reject(store.failure);
      const stored = jobs.get(jobId);
      const wanted = stored?.job.orgId === orgId && stored.job.capture && stored.nodes.has(node);
      return Promise.resolve(wanted && !outputs.has(`${jobId} ${node}`));
    },
    unfinished: () =>
      [...jobs.values()]
        .filter(({ status }) => !isFinished(status))
        .map(({ nodes, events, ...rest }) => ({
          ...rest,
          nodes: [...nodes].map(([node, { status, stopped }]) => {
            return { node, status, stopped: stopped && !isSettled(status) };
          }),
          events: [...events],
        })),
    statusOf: (jobId) => jobs.get(jobId)?.status,
    nodesOf: (jobId) =>
      Object.fromEntries(
        [...(jobs.get(jobId)?.nodes ?? [])].map(([node, { status }]) => [node, status]),
      ),
    outputOf: (jobId, node) => outputs.get(`${jobId} ${node}`),
  };
  return store;
}

function stop(stored: Stored | undefined, nodes: readonly string[] | undefined): void {
  if (stored === undefined) return;
  if (nodes === undefined) stored.stopped = true;
  for (const name of nodes ?? []) {
    const node = stored.nodes.get(name);
    if (node !== undefined) node.stopped = true;
  }
}
