import type { Clock } from '../clock.ts';

/** The longest time that a timer of Node can wait, milliseconds; it fires at once for a longer one. */
const LONGEST = 2 ** 31 - 1;

/** `clock.after` for any number of milliseconds: a run timeout may be years (REFERENCE 8.3 has no limit). */
export function afterLong(clock: Pick<Clock, 'after'>, ms: number, action: () => void): () => void {
  let cancel = wait(ms);
  return () => {
    cancel();
  };

  function wait(left: number): () => void {
    if (left <= LONGEST) return clock.after(left, action);
    return clock.after(LONGEST, () => {
      cancel = wait(left - LONGEST);
    });
  }
}
