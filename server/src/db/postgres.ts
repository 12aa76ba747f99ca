import { Client, DatabaseError, Pool, type PoolClient } from 'pg';
import { isCondition } from './condition.ts';
import type { Db, Statement } from './db.ts';
import { DbError } from './db-error.ts';

interface Log {
  warn(fields: object, message: string): void;
}

/** How to reach a PostgreSQL server, and how long to wait for it. Times in milliseconds. */
export interface PostgresSettings {
  /** `postgres://user:password@host:port/database`, or with `?host=/socket/directory`. */
  url: string;
  log: Log;
  /** Connections at most. */
  max?: number;
  connectTimeout?: number;
  /** After this the server gives a statement up. */
  statementTimeout?: number;
}

/** A script may rewrite large tables. */
const SCRIPT_TIMEOUT = 3_600_000;

/** Opens a pool of connections; the first one is made, so that a wrong URL shows itself here. */
export async function openPostgres(settings: PostgresSettings): Promise<Db> {
  const { url, log, max = 10, connectTimeout = 5_000, statementTimeout = 15_000 } = settings;
  const pool = new Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: connectTimeout,
    statement_timeout: statementTimeout,
    // The server's own limit comes first; this one is for a connection that has gone silent.
    query_timeout: statementTimeout + 5_000,
    idle_in_transaction_session_timeout: statementTimeout + 5_000,
    keepAlive: true,
    application_name: 'pushy-server',
  });
  pool.on('error', (error) => {
    log.warn({ err: error }, 'lost an idle database connection');
  });
  const db: Db = {
    query: (statement, values = []) => run(pool, statement, values),
    script: (text) => runScript(pool, text),
    tx: (work) => inTransaction(pool, work),
    close: () => pool.end(),
    pool: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
  };
  try {
    await db.script('select 1');
  } catch (error) {
    await pool.end();
    throw error;
  }
  return db;
}

/** The role that a URL connects as; empty where the driver cannot tell before it connects. */
export function roleOf(url: string): string {
  return new Client({ connectionString: url }).user ?? '';
}

type Runner = Pick<Pool | PoolClient, 'query'>;

async function run<Row>(
  runner: Runner,
  statement: Statement<Row>,
  values: readonly unknown[],
): Promise<Row[]> {
  const { name, text } = statement;
  try {
    const result = await runner.query({ name, text, values: [...values] });
    return result.rows as Row[];
  } catch (error) {
    throw asDbError(error, `The database did not run ${name}`);
  }
}

async function runScript(runner: Runner, text: string): Promise<void> {
  const query = { text, query_timeout: SCRIPT_TIMEOUT };
  try {
    await runner.query(query);
  } catch (error) {
    throw asDbError(error, 'The database did not run a script');
  }
}

async function inTransaction<T>(pool: Pool, work: (db: Db) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw asDbError(error, 'The database did not answer');
  });
  // A connection that breaks between two statements says so by an event, which would end the process.
  let broken: Error | undefined;
  const onError = (error: Error): void => {
    broken = error;
  };
  client.on('error', onError);
  const tx: Db = {
    query: (statement, values = []) => run(client, statement, values),
    script: (text) => runScript(client, text),
    tx: (inner) => inner(tx),
    close: () => Promise.reject(new DbError('failed', 'A transaction does not close the database')),
  };
  try {
    await runScript(client, 'begin');
    const value = await work(tx);
    await runScript(client, 'commit');
    return value;
  } catch (error) {
    await runScript(client, 'rollback').catch((reason: unknown) => {
      broken ??= reason instanceof Error ? reason : new Error(String(reason));
    });
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** Of a connection. */
const AWAY = /^(?:ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|ENOENT|EACCES|EHOST|ENET)/;
/** What the driver says, without a code, of a connection. */
const AWAY_TEXT = /timeout|terminated|not queryable|after calling end|closed/i;

/** What the driver threw, as an error of this room. */
export function asDbError(error: unknown, what: string): DbError {
  if (error instanceof DbError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const away =
    isCondition(code) ||
    AWAY.test(code) ||
    error instanceof AggregateError ||
    (!(error instanceof DatabaseError) && AWAY_TEXT.test(reason));
  return new DbError(away ? 'unavailable' : 'failed', `${what}: ${reason || code}`, error);
}
