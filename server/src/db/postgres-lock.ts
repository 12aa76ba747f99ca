import { Client } from 'pg';
import type { Clock } from '../clock.ts';
import { DbError } from './db-error.ts';
import { asDbError } from './postgres.ts';

interface LockSettings {
  /** As `openPostgres` takes it. */
  url: string;
  clock: Pick<Clock, 'now' | 'after'>;
  log: {
    info(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  /** Milliseconds: the lock of a server that was killed goes with its connection, which may take a moment. */
  patience?: number;
}

/** The number is our own, chosen once; not the one of migrations. */
const TAKE = 'select pg_try_advisory_lock(7874837310) as taken';
const CONNECT_TIMEOUT = 5_000;
const QUERY_TIMEOUT = 15_000;
const PATIENCE = 10_000;
/** Milliseconds between two tries at the start. */
const PAUSE = 250;
/** Milliseconds: the waits after a loss double from the first to the last. */
const FIRST_WAIT = 1_000;
const LAST_WAIT = 60_000;

/**
 * Takes the database for this server alone, on a connection that is kept; the answer gives it back. A connection
 * that is lost later does not end the server: it says so and takes the lock again as soon as it can.
 */
export async function lockPostgres(settings: LockSettings): Promise<() => Promise<void>> {
  const { url, clock, log, patience = PATIENCE } = settings;
  let holder: Client | undefined;
  let closed = false;
  let cancel: () => void = () => undefined;
  let trying: Promise<void> = Promise.resolve();

  /** False when another server has it. */
  async function take(): Promise<boolean> {
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      query_timeout: QUERY_TIMEOUT,
      keepAlive: true,
      application_name: 'pushy-server lock',
    });
    let cause: Error | undefined;
    client.on('error', (error) => {
      cause = error;
    });
    try {
      await client.connect();
      const { rows } = await client.query<{ taken: boolean }>(TAKE);
      if (rows[0]?.taken === true) {
        holder = client;
        client.once('end', () => {
          if (!closed) lost(cause);
        });
        return true;
      }
    } catch (error) {
      await client.end().catch(() => undefined);
      throw asDbError(error, 'The database did not give its lock');
    }
    await client.end();
    return false;
  }

  function lost(cause: unknown): void {
    holder = undefined;
    log.error({ err: cause }, 'lost the lock on the database: it is taken again');
    retake(FIRST_WAIT);
  }

  function retake(wait: number): void {
    cancel = clock.after(wait, () => {
      trying = again(wait);
    });
  }

  async function again(wait: number): Promise<void> {
    try {
      if (await take()) {
        log.info({}, 'the lock on the database is taken again');
        return;
      }
      log.error({}, 'another Push Jobs server has taken this database: stop one of them');
    } catch (error) {
      log.error({ err: error }, 'the lock on the database could not be taken again');
    }
    if (!closed) retake(Math.min(2 * wait, LAST_WAIT));
  }

  const deadline = clock.now() + patience;
  while (!(await take())) {
    if (clock.now() >= deadline) {
      throw new DbError(
        'in_use',
        'Another Push Jobs server is using this database. Stop it, or give this one a database of its own ' +
          'in database_url.',
      );
    }
    await new Promise<void>((resolve) => clock.after(PAUSE, resolve));
  }
  return async () => {
    closed = true;
    cancel();
    await trying;
    await holder?.end().catch(() => undefined);
  };
}
