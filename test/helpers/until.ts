import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds: several Ruby programs may start at once on two busy cores. */
const patienceMs = 30_000;
/** Milliseconds between two looks. */
const lookMs = 50;

/** Looks until `find` finds something in what there is; rejects at the deadline with what there is instead. */
export async function until<T, R>(
  what: string,
  look: () => T | Promise<T>,
  find: (seen: T) => R | undefined,
  timeoutMs = patienceMs,
): Promise<R> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    const found = find(seen);
    if (found !== undefined) return found;
    if (Date.now() > deadline) {
      throw new Error(`waited ${timeoutMs} ms for ${what}; there is ${JSON.stringify(seen)}`);
    }
    await sleep(lookMs);
  }
}
