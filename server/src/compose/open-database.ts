import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Db } from '../db/db.ts';
import { DbError } from '../db/db-error.ts';
import { openEmbedded } from '../db/embedded.ts';
import { migrate } from '../db/migrate.ts';
import { lockPostgres } from '../db/postgres-lock.ts';
import { openPostgres } from '../db/postgres.ts';
import { ServerError } from '../errors.ts';

interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

type DatabaseConfig = Pick<Config, 'databaseUrl' | 'dbPoolSize' | 'dir' | 'postgresqlSqlRoUser'>;

/** `openDatabase` for a server: no other server has the same database until it is closed. */
export async function openOwnDatabase(config: DatabaseConfig, log: Log, clock: Clock): Promise<Db> {
  const { databaseUrl: url } = config;
  // The embedded engine serves one process anyway.
  if (url === undefined) return openDatabase(config, log);
  const unlock = await lockPostgres({ url, clock, log }).catch(unreachable);
  try {
    const db = await openDatabase(config, log);
    return { ...db, close: () => db.close().finally(unlock) };
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** The configured database, at this version's schema: PostgreSQL, or the embedded one in the data directory. */
export async function openDatabase(config: DatabaseConfig, log: Log): Promise<Db> {
  const db =
    config.databaseUrl === undefined
      ? await openEmbedded(config.dir)
      : await openPostgres({ url: config.databaseUrl, log, max: config.dbPoolSize }).catch(
          unreachable,
        );
  try {
    const steps = await migrate(db, { lookAs: config.postgresqlSqlRoUser });
    if (steps.length > 0) log.info({ steps }, 'database schema brought up to date');
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}

function unreachable(cause: unknown): never {
  if (cause instanceof DbError && cause.code === 'in_use') throw cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new ServerError('start_failed', `database_url: PostgreSQL cannot be used. ${reason}`, {
    cause,
  });
}
