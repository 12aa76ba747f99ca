import type { Migration } from './migration.ts';

/**
 * Sealed values with the number of their key beside them, null for a value that is not sealed yet (Decision 11);
 * feeds and requests to stop, so that a restart goes on exactly (Decisions 1, 3 and 8); what a node can do
 * (Decision 12). Jobs that are in flight here were left by a version that could not go on with any: they end as
 * settleUnfinishedJobs ends them.
 */
export const sealed: Migration = {
  version: 2,
  name: 'sealed',
  sql: `
alter table jobs
  add column org_name text not null default '',
  add column stopped boolean not null default false;
create index jobs_finished on jobs (updated_at) where status in (2, 3, 4, 6, 7);

alter table job_nodes add column stopped boolean not null default false;

alter table job_options
  alter column env type bytea using convert_to(env, 'UTF8'),
  alter column job_file type bytea using convert_to(job_file, 'UTF8'),
  add column key_id integer;
create index job_options_plain on job_options (job_id)
  where key_id is null and (env is not null or job_file is not null);

alter table job_output add column key_id integer;
create index job_output_plain on job_output (job_id) where key_id is null;

-- The feed of a job, one row a batch: data is a JSON list of events. Times in microseconds since 1970.
create table job_events (
  job_id text not null references jobs (id) on delete cascade,
  first_seq bigint not null,
  last_seq bigint not null,
  last_at bigint not null,
  key_id integer not null,
  data bytea not null,
  primary key (job_id, first_seq)
);

-- The newest row of an organization outlives its job, without data: its number goes on (REFERENCE 9.2).
create table org_events (
  org_id text not null,
  seq bigint not null,
  at bigint not null,
  job_id text not null,
  key_id integer,
  data bytea,
  primary key (org_id, seq)
);
create index org_events_by_job on org_events (job_id);

-- Every key that may have sealed a row: a server without one of them does not start.
create table sealing_keys (
  id integer primary key,
  first_used_at timestamptz not null default now()
);

alter table admissions add column capabilities text[] not null default '{}';

with settled as (
  update jobs set status = 7, updated_at = now() where status in (0, 1, 5) returning id
)
update job_nodes n
set status = case when n.status = 0 then 6 else 10 end, updated_at = now()
from settled where n.job_id = settled.id and n.status in (0, 1, 2);
`,
};
