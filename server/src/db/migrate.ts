import type { Db, Statement } from './db.ts';
import { DbError } from './db-error.ts';
import { MIGRATIONS } from './migrations/all.ts';
import type { Migration } from './migrations/migration.ts';

/** Tables of the reference that ours would meet in its database. */
const REFERENCE_TABLES = ['job_status', 'jobs', 'job_nodes', 'job_options', 'job_output'];
/** Decision 15: older Chef servers bring PostgreSQL 13. In the form of `server_version_num`. */
const OLDEST_POSTGRES = 130_000;

/** Only one process migrates; the others wait at most a minute. The number is our own, chosen once. */
const LOCK = `
set local statement_timeout = 0;
set local lock_timeout = '60s';
select pg_advisory_xact_lock(7874837309);
`;
const LEDGER = `
create table pushy_migrations (
  version integer primary key,
  name text not null,
  applied_at timestamptz not null default now()
);
`;

const READ_ENGINE: Statement<{ version: number; ours: boolean; foreign: string[] }> = {
  name: 'migrate-read-engine',
  text: `
    select current_setting('server_version_num')::integer as version,
      to_regclass('pushy_migrations') is not null as ours,
      array(select name from unnest($1::text[]) as name where to_regclass(name) is not null) as foreign`,
};
const READ_VERSION: Statement<{ version: number }> = {
  name: 'migrate-read-version',
  text: 'select coalesce(max(version), 0) as version from pushy_migrations',
};
const RECORD: Statement<unknown> = {
  name: 'migrate-record',
  text: 'insert into pushy_migrations (version, name) values ($1, $2)',
};

/**
 * Brings the schema to this version, in one transaction: a database that is refused, or a step that fails,
 * leaves everything as it was. Answers the names of the steps that it took.
 */
export async function migrate(
  db: Db,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<string[]> {
  return db.tx(async (tx) => {
    await tx.script(LOCK);
    const present = await presentVersion(tx);
    const newest = migrations.at(-1)?.version ?? 0;
    if (present > newest) {
      throw new DbError(
        'newer',
        `The database has schema version ${present}, this server knows ${newest}: ` +
          'a newer version has used it. Start that version, or restore a backup from before it.',
      );
    }
    const missing = migrations.filter(({ version }) => version > present);
    for (const { version, name, sql } of missing) {
      await tx.script(sql);
      await tx.query(RECORD, [version, name]);
    }
    return missing.map(({ name }) => name);
  });
}

/** The version that the database has; makes the ledger when the database is empty. */
async function presentVersion(tx: Db): Promise<number> {
  const [engine] = await tx.query(READ_ENGINE, [REFERENCE_TABLES]);
  if (engine === undefined) throw new DbError('failed', 'The database did not say what it is.');
  if (engine.version < OLDEST_POSTGRES) {
    throw new DbError(
      'too_old',
      `PostgreSQL 13 or newer is needed; this one says ${Math.floor(engine.version / 10_000)}.`,
    );
  }
  if (!engine.ours) {
    if (engine.foreign.length > 0) {
      throw new DbError(
        'not_ours',
        `The database already has tables named ${engine.foreign.join(', ')}. Taking over the database of ` +
          'an existing Push Jobs server is not supported yet: name an empty one in database_url. ' +
          'Nothing was changed.',
      );
    }
    await tx.script(LEDGER);
  }
  const [row] = await tx.query(READ_VERSION);
  return row?.version ?? 0;
}
