/** A place in a feed. */
export interface Place {
  /** Counted from 1. */
  readonly seq: number;
  /** Microseconds since 1970. */
  readonly at: number;
}

/** Gives out the places of one feed: both numbers grow strictly, even when the clock is set back. */
export interface Stamper {
  next(): Place;
  /** Goes on behind a place that was given out before a restart. */
  goOn(place: Place): void;
}

export function makeStamper(clock: { now(): number }): Stamper {
  let last: Place = { seq: 0, at: 0 };
  return {
    next() {
      last = { seq: last.seq + 1, at: Math.max(clock.now() * 1000, last.at + 1) };
      return last;
    },
    goOn({ seq, at }) {
      last = { seq: Math.max(last.seq, seq), at: Math.max(last.at, at) };
    },
  };
}
