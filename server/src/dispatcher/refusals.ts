import type { Clock } from '../clock.ts';
import type { Log } from './log.ts';

/** Milliseconds in which one reason is logged once: a flood of bad messages must not become a flood of lines. */
const QUIET = 10_000;

/** Counts what is dropped and says so, at most once per reason and `QUIET`. */
export function makeRefusals(deps: {
  clock: Pick<Clock, 'now'>;
  log: Log;
  counts: { refused(reason: string): void };
}): (reason: string, about: object) => void {
  const reasons = new Map<string, { since: number; count: number }>();
  return (reason, about) => {
    deps.counts.refused(reason);
    const now = deps.clock.now();
    const known = reasons.get(reason);
    if (known !== undefined && now - known.since < QUIET) {
      known.count += 1;
      return;
    }
    const unsaid = known?.count ?? 0;
    reasons.set(reason, { since: now, count: 0 });
    deps.log.warn({ reason, unsaid, ...about }, 'message dropped');
  };
}
