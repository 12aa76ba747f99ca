import type { JobChanges } from '../core/job-record.ts';
import type { Statement } from './db.ts';
import type { Sealed, Sealer } from './sealer.ts';

/** J2: a second output for the same node is ignored. One for a job that is gone as well. */
export const SAVE_OUTPUTS: Statement<unknown> = {
  name: 'save-outputs',
  text: `
    insert into job_output (job_id, node_name, stream, seq, key_id, data)
    select o.job_id, o.node_name, o.stream, 0, o.key_id, decode(o.data, 'hex')
    from unnest($1::text[], $2::text[], $3::smallint[], $4::integer[], $5::text[])
      with ordinality as o (job_id, node_name, stream, key_id, data, position)
    join jobs j on j.id = o.job_id
    order by o.position
    on conflict do nothing`,
};

/** Bytes of output in one statement, at most (or one output): they travel as text, twice as long. */
const OUTPUT_BYTES = 2_000_000;

type OutputValues = readonly (readonly unknown[])[];

interface OutputRow extends Sealed {
  jobId: string;
  node: string;
  stream: 0 | 1;
}

/**
 * The values of `SAVE_OUTPUTS`, for as many of them as are needed, one at least: outputs, sealed, as row 0 of both
 * their streams (Decision 14).
 */
export function outputValues(outputs: JobChanges['outputs'], sealer: Sealer): OutputValues[] {
  const statements: OutputValues[] = [];
  let rows: OutputRow[] = [];
  let bytes = 0;
  for (const { jobId, node, stdout, stderr } of outputs) {
    const both = [
      { jobId, node, stream: 0, ...sealer.seal(Buffer.from(stdout)) },
      { jobId, node, stream: 1, ...sealer.seal(Buffer.from(stderr)) },
    ] as const;
    const size = both[0].bytes.length + both[1].bytes.length;
    if (rows.length > 0 && bytes + size > OUTPUT_BYTES) {
      statements.push(valuesOf(rows));
      rows = [];
      bytes = 0;
    }
    bytes += size;
    rows.push(...both);
  }
  return [...statements, valuesOf(rows)];
}

function valuesOf(rows: readonly OutputRow[]): OutputValues {
  return [
    rows.map((row) => row.jobId),
    rows.map((row) => row.node),
    rows.map((row) => row.stream),
    rows.map((row) => row.keyId),
    // As hexadecimal text: the embedded engine's driver takes twice as long for an array of bytes.
    rows.map((row) => row.bytes.toString('hex')),
  ];
}
