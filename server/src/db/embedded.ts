import { join } from 'node:path';
import { mkdir, realpath } from 'node:fs/promises';
import { inspect } from 'node:util';
import type { PGliteInterface, Transaction } from '@electric-sql/pglite';
import { isCondition } from './condition.ts';
import type { Db, Statement } from './db.ts';
import { DbError } from './db-error.ts';
import { lockDirectory } from './directory-lock.ts';

/**
 * Opens PostgreSQL inside this process, with its files in `dir`/db: for trying out and small sites. One process
 * at a time: a second one is refused.
 */
export async function openEmbedded(dir: string): Promise<Db> {
  const given = join(dir, 'db');
  await mkdir(given, { recursive: true, mode: 0o700 });
  // The engine's file system does not follow a symbolic link to its root.
  const home = await realpath(given);
  const unlock = await lockDirectory(home);
  try {
    // Loaded here alone: a server with a real PostgreSQL does not pay for it.
    const { PGlite, types } = await import('@electric-sql/pglite');
    const engine = await PGlite.create(home, {
      parsers: { [types.BYTEA]: (text: string) => Buffer.from(text.slice(2), 'hex') },
    });
    return makeEmbedded(engine, unlock);
  } catch (error) {
    await unlock();
    throw failed(error, `The embedded database in ${home} does not open`);
  }
}

function makeEmbedded(engine: PGliteInterface, unlock: () => Promise<void>): Db {
  let closing: Promise<void> | undefined;
  const open = (): void => {
    if (closing) throw new DbError('unavailable', 'The embedded database is closed.');
  };
  return {
    async query(statement, values = []) {
      open();
      return run(engine, statement, values);
    },
    async script(text) {
      open();
      await runScript(engine, text);
    },
    async tx(work) {
      open();
      let ofWork: unknown;
      try {
        return await engine.transaction(async (transaction) => {
          try {
            return await work(within(transaction));
          } catch (error) {
            ofWork = error;
            throw error;
          }
        });
      } catch (error) {
        // What is not the work's own is the engine's, at its begin or commit.
        throw error === ofWork ? error : failed(error, 'The database did not end a transaction');
      }
    },
    close() {
      closing ??= engine.close().finally(unlock);
      return closing;
    },
  };
}

function within(transaction: Transaction): Db {
  const tx: Db = {
    query: (statement, values = []) => run(transaction, statement, values),
    script: (text) => runScript(transaction, text),
    tx: (inner) => inner(tx),
    close: () => Promise.reject(new DbError('failed', 'A transaction does not close the database')),
  };
  return tx;
}

async function run<Row>(
  runner: Pick<Transaction, 'query'>,
  { name, text }: Statement<Row>,
  values: readonly unknown[],
): Promise<Row[]> {
  try {
    const result = await runner.query<Row>(text, [...values]);
    return result.rows;
  } catch (error) {
    throw failed(error, `The database did not run ${name}`);
  }
}

async function runScript(runner: Pick<Transaction, 'exec'>, text: string): Promise<void> {
  try {
    await runner.exec(text);
  } catch (error) {
    throw failed(error, 'The database did not run a script');
  }
}

function failed(error: unknown, what: string): DbError {
  const away = isOfFiles(error) || isCondition(codeOf(error));
  return new DbError(away ? 'unavailable' : 'failed', `${what}: ${reasonOf(error)}`, error);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** The engine's file system throws what is no Error and has only a number (that of WASI). */
const ERRNO: Readonly<Record<number, string>> = {
  2: 'permission denied',
  29: 'the disk fails',
  33: 'too many open files',
  51: 'no space is left on the disk',
  69: 'the file system is read-only',
};

function isOfFiles(error: unknown): error is { errno: unknown } {
  return typeof error === 'object' && error !== null && 'errno' in error;
}

function reasonOf(error: unknown): string {
  const known = isOfFiles(error) ? ERRNO[Number(error.errno)] : undefined;
  if (known !== undefined) return known;
  return error instanceof Error ? error.message : inspect(error);
}
