/** Milliseconds after which one bench is given up. */
const OF_ONE = { quick: 300_000, whole: 1_500_000 };
/** Milliseconds for all quick benches together, clearing up left out: a person waits for them. */
const OF_ALL_QUICK = 1_380_000;
/** Milliseconds that each bench after this one keeps: one that hangs takes nothing from them. */
const KEPT = 60_000;
/** Milliseconds: a bench is not begun for less. */
const LEAST = 10_000;

/**
 * How long the next bench may take; undefined when there is no time left for it. `spentMs`: since the first was begun;
 * `after`: benches that come after it.
 */
export function timeLimit(
  isQuick: boolean,
  isAll: boolean,
  spentMs: number,
  after: number,
): number | undefined {
  if (!isQuick) return OF_ONE.whole;
  if (!isAll) return OF_ONE.quick;
  const left = OF_ALL_QUICK - spentMs - after * KEPT;
  return left < LEAST ? undefined : Math.min(OF_ONE.quick, left);
}
