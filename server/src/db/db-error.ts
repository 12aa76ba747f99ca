/**
 * What went wrong with the database, for whoever must choose an answer:
 * `unavailable`: away, overloaded or too slow; the same call may succeed later (HTTP 503).
 * `failed`: it refused the statement; a bug or a broken rule.
 * `in_use`: another process has the embedded database open, another server uses the PostgreSQL database.
 * `not_ours`, `newer`, `too_old`: the database is not one that this version may use.
 * `not_owner`: this role may not bring the tables to this version.
 */
export type DbErrorCode =
  'unavailable' | 'failed' | 'in_use' | 'not_ours' | 'newer' | 'too_old' | 'not_owner';

/** Every error that the database room throws. */
export class DbError extends Error {
  readonly code: DbErrorCode;

  constructor(code: DbErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'DbError';
    this.code = code;
  }
}
