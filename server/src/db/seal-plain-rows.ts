import type { Db, Statement } from './db.ts';
import type { Sealed, Sealer } from './sealer.ts';

interface PlainOptions {
  job_id: string;
  env: Buffer | null;
  job_file: Buffer | null;
}
interface PlainOutput {
  job_id: string;
  node_name: string;
  stream: number;
  seq: number;
  data: Buffer;
}

/** The conditions are those of the indexes job_options_plain and job_output_plain: where nothing is plain, quick. */
const FIND_OPTIONS: Statement<PlainOptions> = {
  name: 'find-plain-options',
  text: `
    select job_id, env, job_file from job_options
    where key_id is null and (env is not null or job_file is not null)
    order by job_id limit $1`,
};
const FIND_OUTPUT: Statement<PlainOutput> = {
  name: 'find-plain-output',
  text: `
    select job_id, node_name, stream, seq::float8 as seq, data from job_output
    where key_id is null
    order by job_id limit $1`,
};
const SEAL_OPTIONS: Statement<unknown> = {
  name: 'seal-plain-options',
  text: `
    update job_options o
    set env = decode(c.env, 'hex'), job_file = decode(c.job_file, 'hex'), key_id = c.key_id
    from unnest($1::text[], $2::text[], $3::text[], $4::integer[]) as c (job_id, env, job_file, key_id)
    where o.job_id = c.job_id and o.key_id is null`,
};
const SEAL_OUTPUT: Statement<unknown> = {
  name: 'seal-plain-output',
  text: `
    update job_output o
    set data = decode(c.data, 'hex'), key_id = c.key_id
    from unnest($1::text[], $2::text[], $3::smallint[], $4::bigint[], $5::text[], $6::integer[])
      as c (job_id, node_name, stream, seq, data, key_id)
    where o.job_id = c.job_id and o.node_name = c.node_name and o.stream = c.stream and o.seq = c.seq
      and o.key_id is null`,
};

/**
 * Seals up to `limit` options of jobs and as many outputs that an older version, or the reference, has left plain.
 * Answers how many it sealed: 0 when there is none left.
 */
export async function sealPlainRows(db: Db, sealer: Sealer, limit: number): Promise<number> {
  const options = await db.query(FIND_OPTIONS, [limit]);
  if (options.length > 0) await db.query(SEAL_OPTIONS, optionValues(options, sealer));
  const outputs = await db.query(FIND_OUTPUT, [limit]);
  if (outputs.length > 0) await db.query(SEAL_OUTPUT, outputValues(outputs, sealer));
  return options.length + outputs.length;
}

function optionValues(rows: readonly PlainOptions[], sealer: Sealer): unknown[] {
  // Both values of a row are sealed in one go: by the same key.
  const sealed = rows.map(({ job_id: jobId, env, job_file: file }) => ({
    jobId,
    env: env === null ? undefined : sealer.seal(env),
    file: file === null ? undefined : sealer.seal(file),
  }));
  const hex = (value: Sealed | undefined): string | null => value?.bytes.toString('hex') ?? null;
  return [
    sealed.map(({ jobId }) => jobId),
    sealed.map(({ env }) => hex(env)),
    sealed.map(({ file }) => hex(file)),
    sealed.map(({ env, file }) => (env ?? file)?.keyId),
  ];
}

function outputValues(rows: readonly PlainOutput[], sealer: Sealer): unknown[] {
  const sealed = rows.map(({ data }) => sealer.seal(data));
  return [
    rows.map((row) => row.job_id),
    rows.map((row) => row.node_name),
    rows.map((row) => row.stream),
    rows.map((row) => row.seq),
    sealed.map(({ bytes }) => bytes.toString('hex')),
    sealed.map(({ keyId }) => keyId),
  ];
}
