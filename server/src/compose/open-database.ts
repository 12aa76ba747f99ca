import type { Config } from '../config.ts';
import type { Db } from '../db/db.ts';
import { openEmbedded } from '../db/embedded.ts';
import { migrate } from '../db/migrate.ts';
import { openPostgres } from '../db/postgres.ts';
import { ServerError } from '../errors.ts';

interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** The configured database, at this version's schema: PostgreSQL, or the embedded one in the data directory. */
export async function openDatabase(
  config: Pick<Config, 'databaseUrl' | 'dbPoolSize' | 'dir'>,
  log: Log,
): Promise<Db> {
  const db =
    config.databaseUrl === undefined
      ? await openEmbedded(config.dir)
      : await openPostgres({ url: config.databaseUrl, log, max: config.dbPoolSize }).catch(
          unreachable,
        );
  try {
    const steps = await migrate(db);
    if (steps.length > 0) log.info({ steps }, 'database schema brought up to date');
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}

function unreachable(cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new ServerError('start_failed', `database_url: PostgreSQL cannot be used. ${reason}`, {
    cause,
  });
}
