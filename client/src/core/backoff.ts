/**
 * Milliseconds to wait before retry number `attempt` (the first is 0): full jitter below an exponential that is
 * capped, so that many nodes that lost the same server do not come back in one moment (ARCHITECTURE, Decision 9).
 */
export function backoff(attempt: number, capMs: number, random: () => number): number {
  const first = Math.min(100, capMs);
  return random() * Math.min(capMs, first * 2 ** Math.min(attempt, 30));
}
