import type { Db, Statement } from './db.ts';

/** One statement of a batch with its values. */
export type Step = readonly [statement: Statement<unknown>, values: readonly unknown[]];

/** Runs them in their order. */
export async function runAll(db: Db, steps: readonly Step[]): Promise<void> {
  for (const [statement, values] of steps) await db.query(statement, values);
}
