import type { Config } from '../config.ts';
import type { Db } from '../db/db.ts';
import { openEmbedded } from '../db/embedded.ts';
import { migrate } from '../db/migrate.ts';
import { openPostgres } from '../db/postgres.ts';

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
      : await openPostgres({ url: config.databaseUrl, log, max: config.dbPoolSize });
  try {
    const steps = await migrate(db);
    if (steps.length > 0) log.info({ steps }, 'database schema brought up to date');
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}
