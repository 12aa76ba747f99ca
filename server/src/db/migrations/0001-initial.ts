import type { Migration } from './migration.ts';

/**
 * Tables are named as the reference's where they mean the same, with its status numbers (ADDON A.7); texts have
 * no length (H6), times have a zone (D1), the requester is kept (J6). `coordinator`, `fence`, `wave` and
 * `parent_id` wait for several instances, rolling runs and repeated jobs (Decision 15).
 */
export const initial: Migration = {
  version: 1,
  name: 'initial',
  sql: `
create table job_status (
  id integer primary key,
  description text not null unique
);
insert into job_status (id, description) values
  (0, 'voting'), (1, 'running'), (2, 'complete'), (3, 'quorum_failed'),
  (4, 'aborted'), (5, 'new'), (6, 'timed_out'), (7, 'crashed');

create table jobs (
  id text primary key,
  org_id text not null,
  requester text,
  command text not null,
  status integer not null references job_status (id),
  quorum bigint not null,
  run_timeout bigint not null,
  parent_id text references jobs (id) on delete set null,
  coordinator text,
  fence bigint not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index jobs_by_org on jobs (org_id, created_at desc, id desc);
create index jobs_by_parent on jobs (parent_id) where parent_id is not null;
create index jobs_unfinished on jobs (status) where status in (0, 1, 5);

create table job_options (
  job_id text primary key references jobs (id) on delete cascade,
  job_user text,
  dir text,
  env text,
  capture boolean not null default false,
  job_file text
);

create table job_nodes (
  job_id text not null references jobs (id) on delete cascade,
  org_id text not null,
  node_name text not null,
  status integer not null check (status between 0 and 11),
  wave integer not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (job_id, node_name)
);

-- stream: 0 stdout, 1 stderr. Row 0 holds what an old agent sends at the end; bytes as they came (Decision 14).
create table job_output (
  job_id text not null references jobs (id) on delete cascade,
  node_name text not null,
  stream smallint not null check (stream in (0, 1)),
  seq bigint not null,
  data bytea not null,
  primary key (job_id, node_name, stream, seq)
);

-- CURVE keys that may connect (Decision 12).
create table admissions (
  org_id text not null,
  node_name text not null,
  curve_key bytea not null check (length(curve_key) = 32),
  requester text not null,
  requester_type text not null check (requester_type in ('user', 'client')),
  renewed_at timestamptz not null,
  primary key (org_id, node_name, curve_key)
);

-- Who is who where there is no Chef server.
create table directory_organizations (
  guid text primary key,
  name text not null unique
);
create table directory_principals (
  org_id text not null references directory_organizations (guid) on delete cascade,
  name text not null,
  type text not null check (type in ('user', 'client')),
  public_key text not null,
  primary key (org_id, name, type)
);
create table directory_groups (
  org_id text not null references directory_organizations (guid) on delete cascade,
  name text not null,
  primary key (org_id, name)
);
create table directory_group_members (
  org_id text not null,
  group_name text not null,
  name text not null,
  type text not null check (type in ('user', 'client', 'group')),
  primary key (org_id, group_name, type, name),
  foreign key (org_id, group_name) references directory_groups (org_id, name) on delete cascade
);
`,
};
