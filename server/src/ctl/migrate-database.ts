import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Db } from '../db/db.ts';
import { openEmbedded } from '../db/embedded.ts';
import { migrate } from '../db/migrate.ts';
import { lockPostgres } from '../db/postgres-lock.ts';
import { openPostgres, roleOf } from '../db/postgres.ts';
import { ServerError } from '../errors.ts';
import type { Log } from '../log.ts';

type DatabaseConfig = Pick<Config, 'databaseUrl' | 'dir' | 'postgresqlSqlRoUser'>;

/** Milliseconds that the command waits for a server to let the database go. */
const PATIENCE = 2_000;

/**
 * Brings the database to this version while no server has it, with the rights of `ownerUrl` where it is given, and
 * lets the role of `database_url` use it (Decision 15). Answers a sentence for the person who asked.
 */
export async function migrateDatabase(
  config: DatabaseConfig,
  log: Log,
  ownerUrl: string | undefined,
): Promise<string> {
  const { databaseUrl, postgresqlSqlRoUser: lookAs } = config;
  if (ownerUrl !== undefined && !/^postgres(?:ql)?:\/\//.test(ownerUrl)) {
    const what = '--owner-url must be a URL that starts with postgres:// or postgresql://';
    throw new ServerError('refused', what);
  }
  const url = ownerUrl ?? databaseUrl;
  const steps =
    url === undefined
      ? await withDb(openEmbedded(config.dir), (db) => migrate(db))
      : await migratePostgres(url, log, { databaseUrl, lookAs });
  if (ownerUrl !== undefined && databaseUrl !== undefined) {
    // As the server will: what the owner has done must be enough for it.
    await withDb(openPostgres({ url: databaseUrl, log, max: 1 }), (db) => migrate(db, { lookAs }));
  }
  return steps.length === 0
    ? 'The database is at this version already.'
    : `The database was brought to this version: ${steps.join(', ')}.`;
}

async function migratePostgres(
  url: string,
  log: Log,
  { databaseUrl, lookAs }: { databaseUrl: string | undefined; lookAs: string },
): Promise<string[]> {
  const unlock = await lockPostgres({ url, clock: systemClock, log, patience: PATIENCE });
  try {
    const opened = openPostgres({ url, log, max: 1 });
    const serveAs = databaseUrl === undefined ? [] : [roleOf(databaseUrl)];
    return await withDb(opened, (db) => migrate(db, { serveAs, lookAs }));
  } finally {
    await unlock();
  }
}

async function withDb<T>(opened: Promise<Db>, work: (db: Db) => Promise<T>): Promise<T> {
  const db = await opened;
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}
