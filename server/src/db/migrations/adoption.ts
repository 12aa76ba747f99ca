import type { ReferenceTables } from '../reference-database.ts';
import { initial } from './0001-initial.ts';
import type { Migration } from './migration.ts';

/**
 * The first step for a database of the reference (ADDON A.7): the same tables as `initial`, with its history in
 * them. char(32) loses its padding, times without a zone are UTC (D1), both streams of an output become rows
 * (Decision 14), and nodes that the reference left unsettled in ended jobs are settled (J4). What else is in the
 * database, the schema of sqitch above all, stays as it is. Jobs in flight are ended by the step after this one.
 */
export function adoption({ options, output }: ReferenceTables): Migration {
  const tables = [
    ...(output ? ['job_output'] : []),
    ...(options ? ['job_options'] : []),
    'job_nodes',
    'jobs',
    'job_status',
  ];
  return {
    version: initial.version,
    name: 'adopted',
    sql: [
      'create schema pushy_reference;',
      ...tables.map((table) => `alter table ${table} set schema pushy_reference;`),
      initial.sql,
      JOBS,
      ...(options ? [OPTIONS] : []),
      ...(output ? [OUTPUT] : []),
      ...tables.map((table) => `drop table pushy_reference.${table};`),
      'drop schema pushy_reference;',
    ].join('\n'),
  };
}

/** The cast to text takes the padding away. */
const JOBS = `
insert into jobs (id, org_id, command, status, quorum, run_timeout, created_at, updated_at)
select id::text, org_id::text, coalesce(command, ''), status, coalesce(quorum, 0), coalesce(run_timeout, 3600),
  coalesce(created_at, updated_at, 'epoch') at time zone 'UTC',
  coalesce(updated_at, created_at, 'epoch') at time zone 'UTC'
from pushy_reference.jobs;

insert into job_nodes (job_id, org_id, node_name, status, created_at, updated_at)
select n.job_id::text, j.org_id, n.node_name::text,
  case
    when j.status in (0, 1, 5) or n.status not in (0, 1, 2) then n.status
    when n.status = 0 then 6
    else 10
  end,
  coalesce(n.created_at at time zone 'UTC', j.created_at),
  coalesce(n.updated_at at time zone 'UTC', n.created_at at time zone 'UTC', j.updated_at)
from pushy_reference.job_nodes n join jobs j on j.id = n.job_id::text
on conflict do nothing;
`;

/** An env that is no JSON object could not be shown: it is left out. */
const OPTIONS = `
create function pushy_reference.is_env(value text) returns boolean language plpgsql as $$
begin
  return json_typeof(value::json) = 'object';
exception when others then
  return false;
end
$$;
insert into job_options (job_id, job_user, dir, env, capture, job_file)
select o.job_id::text, nullif(o.job_user::text, ''), o.dir,
  case when pushy_reference.is_env(o.env) then o.env end, coalesce(o.capture, false), o.job_file
from pushy_reference.job_options o join jobs j on j.id = o.job_id::text
on conflict do nothing;
drop function pushy_reference.is_env(text);
`;

const OUTPUT = `
insert into job_output (job_id, node_name, stream, seq, data)
select o.job_id::text, o.node_name::text, s.stream, 0, convert_to(s.data, 'UTF8')
from pushy_reference.job_output o
  join jobs j on j.id = o.job_id::text
  cross join lateral (values (0, o.stdout), (1, o.stderr)) as s (stream, data)
where s.data is not null
on conflict do nothing;
`;
