/** One step of the schema. Once released it never changes: a correction is the next step. */
export interface Migration {
  version: number;
  name: string;
  /** Statements that run on PostgreSQL 13 and newer and on the embedded engine (Decision 15). */
  sql: string;
}
