import { NO_CHANGES, type JobChanges } from '../core/job-record.ts';

type Kind = keyof JobChanges;

/** In the order in which they may be written one after the other: the status of a job last. */
const KINDS: readonly Kind[] = ['outputs', 'stops', 'nodes', 'events', 'orgEvents', 'jobs'];

/** One change of a batch. */
export interface Change {
  kind: Kind;
  jobId: string;
  node?: string;
}

/**
 * Two batches in place of one that the store refuses: of some jobs each, or some changes of one job. Undefined for a
 * single change.
 */
export function splitChanges(batch: JobChanges): [JobChanges, JobChanges] | undefined {
  const jobIds = [...new Set(changesOf(batch).map(({ jobId }) => jobId))];
  if (jobIds.length > 1) {
    const first = new Set(jobIds.slice(0, jobIds.length / 2));
    return [
      pick(batch, ({ jobId }) => first.has(jobId)),
      pick(batch, ({ jobId }) => !first.has(jobId)),
    ];
  }
  const half = Math.floor(changesOf(batch).length / 2);
  if (half === 0) return undefined;
  return [
    pick(batch, (_change, index) => index < half),
    pick(batch, (_change, index) => index >= half),
  ];
}

/** All changes of a batch, in the order in which they are written. */
export function changesOf(batch: JobChanges): Change[] {
  return KINDS.flatMap((kind) =>
    batch[kind].map((change): Change => {
      const { jobId } = change;
      return 'node' in change ? { kind, jobId, node: change.node } : { kind, jobId };
    }),
  );
}

function pick(
  batch: JobChanges,
  wants: (change: { jobId: string }, index: number) => boolean,
): JobChanges {
  let index = 0;
  const of = <T extends { jobId: string }>(changes: readonly T[]): T[] =>
    changes.filter((change) => wants(change, index++));
  // In the order of KINDS: `wants` may count.
  const outputs = of(batch.outputs);
  const stops = of(batch.stops);
  const nodes = of(batch.nodes);
  const events = of(batch.events);
  const orgEvents = of(batch.orgEvents);
  const jobs = of(batch.jobs);
  return { ...NO_CHANGES, outputs, stops, nodes, events, orgEvents, jobs };
}
