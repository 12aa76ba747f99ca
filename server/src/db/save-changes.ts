import type { JobChanges } from '../core/job-record.ts';
import type { Db, Statement } from './db.ts';
import { jobStatusCode, nodeStatusCode } from './status-codes.ts';

/** J2: a second output for the same node is ignored. One for a job that is gone as well. */
const SAVE_OUTPUT: Statement<unknown> = {
  name: 'save-output',
  text: `
    insert into job_output (job_id, node_name, stream, seq, data)
    select o.job_id, o.node_name, o.stream, 0, decode(o.data, 'hex')
    from unnest($1::text[], $2::text[], $3::smallint[], $4::text[])
      with ordinality as o (job_id, node_name, stream, data, position)
    join jobs j on j.id = o.job_id
    order by o.position
    on conflict do nothing`,
};
const SAVE_NODES: Statement<unknown> = {
  name: 'save-nodes',
  text: `
    update job_nodes n
    set status = c.status, updated_at = to_timestamp(c.at / 1000)
    from unnest($1::text[], $2::text[], $3::integer[], $4::float8[]) as c (job_id, node_name, status, at)
    where n.job_id = c.job_id and n.node_name = c.node_name`,
};
/** updated_at changes with the status alone (REFERENCE 8.5). */
const SAVE_JOBS: Statement<unknown> = {
  name: 'save-jobs',
  text: `
    update jobs j
    set status = c.status, updated_at = to_timestamp(c.at / 1000)
    from unnest($1::text[], $2::integer[], $3::float8[]) as c (job_id, status, at)
    where j.id = c.job_id and j.status <> c.status`,
};

/** Bytes of output in one statement, at most (or one output): they travel as text, twice as long. */
const OUTPUT_BYTES = 2_000_000;

/**
 * Writes a batch: outputs, then nodes, then jobs, all or nothing. Where a batch speaks of the same node or job
 * more than once, the last word counts.
 */
export async function saveChanges(db: Db, changes: JobChanges): Promise<void> {
  const steps = [
    ...outputSteps(changes.outputs),
    ...nodeSteps(changes.nodes),
    ...jobSteps(changes.jobs),
  ];
  // One statement is a transaction by itself and saves two round trips.
  if (steps.length <= 1) {
    await runAll(db, steps);
  } else {
    await db.tx((tx) => runAll(tx, steps));
  }
}

type Step = readonly [statement: Statement<unknown>, values: readonly unknown[]];

async function runAll(db: Db, steps: readonly Step[]): Promise<void> {
  for (const [statement, values] of steps) await db.query(statement, values);
}

interface OutputRow {
  jobId: string;
  node: string;
  stream: 0 | 1;
  data: Buffer;
}

function outputSteps(outputs: JobChanges['outputs']): Step[] {
  const steps: Step[] = [];
  let rows: OutputRow[] = [];
  let bytes = 0;
  const flush = (): void => {
    if (rows.length > 0) steps.push(outputStep(rows));
    rows = [];
    bytes = 0;
  };
  for (const { jobId, node, stdout, stderr } of outputs) {
    const both = [Buffer.from(stdout), Buffer.from(stderr)] as const;
    const size = both[0].length + both[1].length;
    if (bytes + size > OUTPUT_BYTES) flush();
    bytes += size;
    rows.push({ jobId, node, stream: 0, data: both[0] }, { jobId, node, stream: 1, data: both[1] });
  }
  flush();
  return steps;
}

function outputStep(rows: readonly OutputRow[]): Step {
  return [
    SAVE_OUTPUT,
    [
      rows.map((row) => row.jobId),
      rows.map((row) => row.node),
      rows.map((row) => row.stream),
      // As hexadecimal text: the embedded engine's driver takes twice as long for an array of bytes.
      rows.map((row) => row.data.toString('hex')),
    ],
  ];
}

function nodeSteps(nodes: JobChanges['nodes']): Step[] {
  const last = [...new Map(nodes.map((n) => [`${n.jobId}/${n.node}`, n])).values()];
  if (last.length === 0) return [];
  const values = [
    last.map((n) => n.jobId),
    last.map((n) => n.node),
    last.map((n) => nodeStatusCode(n.status)),
    last.map((n) => n.at),
  ];
  return [[SAVE_NODES, values]];
}

function jobSteps(jobs: JobChanges['jobs']): Step[] {
  const last = [...new Map(jobs.map((j) => [j.jobId, j])).values()];
  if (last.length === 0) return [];
  const values = [
    last.map((j) => j.jobId),
    last.map((j) => jobStatusCode(j.status)),
    last.map((j) => j.at),
  ];
  return [[SAVE_JOBS, values]];
}
