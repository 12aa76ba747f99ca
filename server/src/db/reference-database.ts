import type { Db, Statement } from './db.ts';
import { DbError } from './db-error.ts';

/** What stands where our tables would: the reference's tables, by their columns. */
export interface ReferenceTables {
  /** Which of the tables that the last versions of the reference added are there. */
  options: boolean;
  output: boolean;
}

/** Tables that ours would meet in the reference's database, with the columns that are read (ADDON A.7). */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  job_status: ['id', 'description'],
  jobs: ['id', 'org_id', 'command', 'status', 'run_timeout', 'quorum', 'created_at', 'updated_at'],
  job_nodes: ['job_id', 'org_id', 'node_name', 'status', 'created_at', 'updated_at'],
  job_options: ['job_id', 'job_user', 'dir', 'env', 'capture', 'job_file'],
  job_output: ['job_id', 'node_name', 'stdout', 'stderr'],
};
const OPTIONAL = ['job_options', 'job_output'];

const READ_COLUMNS: Statement<{ table: string; columns: string[] }> = {
  name: 'reference-columns',
  text: `
    select c.relname::text as "table", array_agg(a.attname::text order by a.attnum) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.oid = any (array(select to_regclass(name)::oid from unnest($1::text[]) as name))
      and a.attnum > 0 and not a.attisdropped
    group by c.relname order by c.relname`,
};
const READ_STATUSES: Statement<{ id: number; description: string }> = {
  name: 'reference-statuses',
  text: 'select id::integer as id, description::text as description from job_status',
};
/** The reference keeps its connections open; it would write into tables that are being replaced. */
const READ_SESSIONS: Statement<{ n: number }> = {
  name: 'reference-sessions',
  text: `
    select count(*)::integer as n from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
      and usename = 'opscode_pushy' and application_name not like 'pushy-%'`,
};

/**
 * Looks at tables that are not ours: undefined where there are none, the reference's by their columns; anything
 * else is refused.
 */
export async function findReferenceTables(
  db: Db,
  statuses: readonly string[],
): Promise<ReferenceTables | undefined> {
  const found = new Map<string, string[]>();
  for (const { table, columns } of await db.query(READ_COLUMNS, [Object.keys(COLUMNS)])) {
    found.set(table, columns);
  }
  if (found.size === 0) return undefined;
  const wrong = Object.entries(COLUMNS).flatMap(([table, columns]) => {
    const present = found.get(table);
    if (present === undefined) return OPTIONAL.includes(table) ? [] : [`no table ${table}`];
    return columns.filter((c) => !present.includes(c)).map((c) => `no column ${table}.${c}`);
  });
  if (wrong.length === 0) {
    for (const { id, description } of await db.query(READ_STATUSES)) {
      if (statuses[id] !== description.trim()) wrong.push(`job status ${id} is ${description}`);
    }
  }
  if (wrong.length > 0) {
    throw new DbError(
      'not_ours',
      `The database already has tables named ${[...found.keys()].join(', ')}, which are neither ours nor those ` +
        `of a Push Jobs server (${wrong.join(', ')}): name another database in database_url. Nothing was changed.`,
    );
  }
  return { options: found.has('job_options'), output: found.has('job_output') };
}

/** Refuses while the reference's server is connected. */
export async function refuseWhileReferenceRuns(db: Db): Promise<void> {
  const [row] = await db.query(READ_SESSIONS);
  if (row !== undefined && row.n > 0) {
    throw new DbError(
      'in_use',
      `The original's server is connected to this database (${row.n} sessions of opscode_pushy): ` +
        'stop it, then try again. Nothing was changed.',
    );
  }
}
