/** One SQL statement with a name: prepared under it, found by it in logs. `row` only types the answer; it is never set. */
export interface Statement<Row> {
  name: string;
  text: string;
  readonly row?: Row;
}

/** Where rows live. The same SQL runs on PostgreSQL in service and on the embedded engine (Decision 15). */
export interface Db {
  /** Rejects with a `DbError`. */
  query<Row>(statement: Statement<Row>, values?: readonly unknown[]): Promise<Row[]>;
  /** Runs several statements separated by semicolons, without values. For migrations and settings. */
  script(text: string): Promise<void>;
  /** All of `work` or nothing. Inside, only the given `Db` is used; a `tx` within joins the outer one. */
  tx<T>(work: (db: Db) => Promise<T>): Promise<T>;
  close(): Promise<void>;
  /** Connections that there are, that do nothing, and requests that wait for one; absent where there are none. */
  pool?(): { total: number; idle: number; waiting: number };
}
