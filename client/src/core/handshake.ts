/** What is known of a server that is about to shake hands. */
export interface HandshakeHistory {
  /** Nobody was reached at its address since a connection stood. */
  readonly wasAway: boolean;
  /** Handshakes in a row that it did not finish in time. */
  readonly lates: number;
}

/** Least time for a handshake with a server that was there a moment ago, milliseconds. */
const LEAST_MS = 3000;
/**
 * And for one to which all its nodes come back at once: some ms of processor each, so that 9,000 of them wait for
 * more than 20 s where it has few. Most of that time a connection waits for the server to take it, at no cost to it;
 * from then on the server gives it 15 s (server, `HANDSHAKE_INTERVAL`).
 */
const CROWDED_MS = 30_000;
/** Late handshakes in a row that may still be the fault of something between that swallows everything. */
const SHORT_ONES = 3;
/** Handshakes in a row that failed, after which what answers at an address is taken for a crowded server no more. */
const CROWDED_ONES = 3;

/** Milliseconds that every handshake is given, whatever is known. */
export function leastHandshakeMs(intervalMs: number): number {
  return Math.max(intervalMs, LEAST_MS);
}

/** Most that one is given. */
export function longestHandshakeMs(intervalMs: number): number {
  return Math.max(intervalMs, CROWDED_MS);
}

/** For how long a connection is not taken for half-open, whatever does not come on it: a broadcast may be missed. */
export function youngMs(intervalMs: number): number {
  return 2 * intervalMs;
}

/**
 * What was reached may be a server to which all its nodes come back; something that swallows everything is none.
 * `reaches`: how often it was reached before, since a connection stood.
 */
export function mayBeCrowded(history: {
  readonly wasAway: boolean;
  readonly reaches: number;
}): boolean {
  return history.wasAway && history.reaches < CROWDED_ONES;
}

/**
 * Milliseconds for a handshake. What is given up has cost the server as much as what succeeds: if a whole fleet gives
 * up and begins anew, none of it is ever served. After an outage the server is taken to be crowded; otherwise it is
 * asked again soon, and less and less often.
 */
export function handshakeMs(
  intervalMs: number,
  { wasAway, lates }: HandshakeHistory,
  random: () => number,
): number {
  const least = leastHandshakeMs(intervalMs);
  const most = longestHandshakeMs(intervalMs);
  if (wasAway) return most - (random() * (most - least)) / 3;
  if (lates < SHORT_ONES) return least;
  return Math.min(most, least * 2 ** (lates - SHORT_ONES) * (1 + random()));
}
