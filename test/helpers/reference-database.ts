import type { Cluster } from './postgres.ts';
import type { Db } from '../../server/src/db/db.ts';
import { openPostgres } from '../../server/src/db/postgres.ts';
import { quietLog } from './logs.ts';
import { ORG_ID } from './jobs.ts';

/** A database as an original Push Jobs server leaves it (ADDON A.7). */
export interface ReferenceDatabase {
  name: string;
  /** As one of its roles. */
  url(role: 'chef_pgsql' | 'opscode_pushy' | 'opscode_pushy_ro'): string;
  open(role: 'chef_pgsql' | 'opscode_pushy' | 'opscode_pushy_ro'): Promise<Db>;
}

const ROLES = `
create role chef_pgsql superuser login;
create role opscode_pushy login;
create role opscode_pushy_ro login;
`;
const GRANTS = `
grant select, insert, update, delete on all tables in schema public to opscode_pushy;
grant select on all tables in schema public to opscode_pushy_ro;
alter default privileges in schema public grant select, insert, update, delete on tables to opscode_pushy;
alter default privileges in schema public grant select on tables to opscode_pushy_ro;
`;
/** Tables, types and keys as ADDON A.7 names them, and the schema of sqitch beside them. */
const TABLES = `
create schema sqitch;
create table sqitch.changes (change_id text primary key, planner_name text);
insert into sqitch.changes values ('abc', 'x');

create table job_status (id integer primary key, description text);
insert into job_status values (0, 'voting'), (1, 'running'), (2, 'complete'), (3, 'quorum_failed'),
  (4, 'aborted'), (5, 'new'), (6, 'timed_out'), (7, 'crashed');
create table jobs (
  id char(32) primary key,
  org_id char(32) not null,
  command text not null,
  status integer not null references job_status (id),
  run_timeout integer not null,
  last_updated_by char(32) not null,
  created_at timestamp without time zone not null,
  updated_at timestamp without time zone not null,
  quorum integer not null
);
create table job_nodes (
  job_id char(32) not null references jobs (id) on delete cascade,
  org_id char(32) not null,
  node_name text not null,
  status integer not null,
  created_at timestamp without time zone not null,
  updated_at timestamp without time zone not null,
  constraint job_nodes_key unique (job_id, org_id, node_name)
);
`;
const LATER_TABLES = `
create table job_options (
  job_id char(32) primary key references jobs (id) on delete cascade,
  job_user char(32),
  dir text,
  env text,
  capture boolean,
  job_file text
);
create table job_output (
  job_id char(32) not null references jobs (id),
  node_name text not null,
  stdout text not null,
  stderr text not null,
  unique (job_id, node_name)
);
`;

let count = 0;

/** Makes one in the cluster, without jobs. Its sessions are far from UTC (D1). */
export async function makeReferenceDatabase(
  cluster: Cluster,
  { later = true }: { later?: boolean } = {},
): Promise<ReferenceDatabase> {
  count += 1;
  const name = count === 1 ? 'opscode_pushy' : `opscode_pushy_${count}`;
  const admin = await openPostgres({ url: cluster.url('postgres'), log: quietLog });
  try {
    if (count === 1) await admin.script(ROLES);
    await admin.script(`create database ${name} owner opscode_pushy template template0`);
    await admin.script(`alter database ${name} set timezone = 'America/New_York'`);
  } finally {
    await admin.close();
  }
  const url: ReferenceDatabase['url'] = (role) =>
    cluster.url(name).replace('postgres://postgres@', `postgres://${role}@`);
  const open: ReferenceDatabase['open'] = (role) =>
    openPostgres({ url: url(role), log: quietLog, max: 2 });
  const owner = await open('chef_pgsql');
  try {
    await owner.script(TABLES + (later ? LATER_TABLES : '') + GRANTS);
  } finally {
    await owner.close();
  }
  return { name, url, open };
}

/** Id of the job with this number, as `fillReferenceDatabase` makes it. */
export function referenceJobId(n: number): string {
  return `89abcdef0123${String(n).padStart(20, '0')}`;
}

/**
 * Fills it with `jobs` jobs of five nodes. Job n was made n minutes after 2015-01-01, its status is n % 8, its
 * nodes have statuses n % 12 and following; every second one has options, every third one output.
 */
export async function fillReferenceDatabase(db: Db, jobs: number): Promise<void> {
  const id = `'89abcdef0123' || lpad(n::text, 20, '0')`;
  await db.script(`
    insert into jobs
    select ${id}, '${ORG_ID}', 'command ' || n, n % 8, 60 + n % 100, ${id},
      timestamp '2015-01-01' + n * interval '1 minute', timestamp '2015-01-01' + n * interval '1 minute 1 second', 5
    from generate_series(1, ${jobs}) n;
    insert into job_nodes
    select ${id}, '${ORG_ID}', 'node' || k, (n + k) % 12,
      timestamp '2015-01-01' + n * interval '1 minute', timestamp '2015-01-01' + n * interval '1 minute'
    from generate_series(1, ${jobs}) n, generate_series(0, 4) k;
    insert into job_options
    select ${id}, case when n % 4 = 0 then 'daemon' end, '/tmp', '{"A":"env ' || n || '"}', n % 4 = 0, 'raw:file ' || n
    from generate_series(2, ${jobs}, 2) n;
    insert into job_output
    select ${id}, 'node' || k, 'stdout ö ' || n, '' from generate_series(3, ${jobs}, 3) n, generate_series(0, 4) k`);
}
