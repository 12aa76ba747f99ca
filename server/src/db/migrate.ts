import { JOB_STATUSES } from '@pushy/protocol';
import type { Db, Statement } from './db.ts';
import { DbError } from './db-error.ts';
import { adoption } from './migrations/adoption.ts';
import { MIGRATIONS } from './migrations/all.ts';
import type { Migration } from './migrations/migration.ts';
import { findReferenceTables, refuseWhileReferenceRuns } from './reference-database.ts';
import { grantTables, LOOKS, refuseWithoutRights } from './schema-rights.ts';

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

const READ_ENGINE: Statement<{ version: number; ours: boolean }> = {
  name: 'migrate-read-engine',
  text: `
    select current_setting('server_version_num')::integer as version,
      to_regclass('pushy_migrations') is not null as ours`,
};
const READ_VERSION: Statement<{ version: number }> = {
  name: 'migrate-read-version',
  text: 'select coalesce(max(version), 0) as version from pushy_migrations',
};
const RECORD: Statement<unknown> = {
  name: 'migrate-record',
  text: 'insert into pushy_migrations (version, name) values ($1, $2)',
};

/** What a migration is to do beyond its steps. */
export interface MigrateOptions {
  migrations?: readonly Migration[];
  /** Roles that will serve with these tables, beside those of a Push Jobs database. */
  serveAs?: readonly string[];
  /** The role that only reads; that of a Push Jobs database where nothing is said. */
  lookAs?: string;
}

/**
 * Brings the schema to this version, in one transaction: a database that is refused, or a step that fails,
 * leaves everything as it was. The database of the reference is taken over in place. Answers the names of the
 * steps that it took.
 */
export async function migrate(db: Db, options: MigrateOptions = {}): Promise<string[]> {
  const { migrations = MIGRATIONS, serveAs = [], lookAs = LOOKS } = options;
  return db.tx(async (tx) => {
    await tx.script(LOCK);
    const ours = await knowEngine(tx);
    const present = ours ? await presentVersion(tx) : 0;
    const newest = migrations.at(-1)?.version ?? 0;
    if (present > newest) {
      throw new DbError(
        'newer',
        `The database has schema version ${present}, this server knows ${newest}: ` +
          'a newer version has used it. Start that version, or restore a backup from before it.',
      );
    }
    const missing = migrations.filter(({ version }) => version > present);
    if (missing.length === 0) {
      await grantTables(tx, serveAs, lookAs); // another role may be named now
      return [];
    }
    const reference = ours ? undefined : await findReferenceTables(tx, JOB_STATUSES);
    await refuseWithoutRights(tx);
    const steps = reference === undefined ? missing : [adoption(reference), ...missing.slice(1)];
    if (reference !== undefined) await refuseWhileReferenceRuns(tx);
    if (!ours) await tx.script(LEDGER);
    for (const { version, name, sql } of steps) {
      await tx.script(sql);
      await tx.query(RECORD, [version, name]);
    }
    await grantTables(tx, serveAs, lookAs);
    return steps.map(({ name }) => name);
  });
}

/** Whether the database has our ledger; refuses an engine that is too old. */
async function knowEngine(tx: Db): Promise<boolean> {
  const [engine] = await tx.query(READ_ENGINE);
  if (engine === undefined) throw new DbError('failed', 'The database did not say what it is.');
  if (engine.version < OLDEST_POSTGRES) {
    throw new DbError(
      'too_old',
      `PostgreSQL 13 or newer is needed; this one says ${Math.floor(engine.version / 10_000)}.`,
    );
  }
  return engine.ours;
}

async function presentVersion(tx: Db): Promise<number> {
  const [row] = await tx.query(READ_VERSION);
  return row?.version ?? 0;
}
