import type { Db, Statement } from './db.ts';

/** One statement of a batch with its values. */
export type Step = readonly [statement: Statement<unknown>, values: readonly unknown[]];

/**
 * One statement that does what all of these do, in no particular order, each on what was there before; its values are
 * theirs, one after the other. No two of them may change the same row.
 */
export function joinStatements(
  name: string,
  statements: readonly Statement<unknown>[],
): Statement<unknown> {
  let values = 0;
  const parts = statements.map(({ text }, i) => {
    const before = values;
    const shifted = text.replaceAll(/\$(\d+)/g, (_, n: string) => {
      values = Math.max(values, before + Number(n));
      return `$${before + Number(n)}`;
    });
    return `part_${i + 1} as (${shifted})`;
  });
  return { name, text: `with ${parts.join(',\n')} select` };
}

/** Runs them in their order. */
export async function runAll(db: Db, steps: readonly Step[]): Promise<void> {
  for (const [statement, values] of steps) await db.query(statement, values);
}
