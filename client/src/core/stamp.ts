/**
 * Dates what the agent says. A server refuses from a new connection what is older than what it heard before, for it
 * could be a replay (Z4): a clock that was ahead and is set back must not make the agent look like one.
 */
export interface Stamp {
  /** The time to send with, milliseconds since 1970: never older than what was sent, where the server took that. */
  next(now: number, maxSkewMs: number): number;
  /** The server's own time, by something that it signed. */
  heard(serverTime: number): void;
}

/** Makes it, with nothing sent. */
export function makeStamp(): Stamp {
  let newest = -Infinity;
  /** Of the server, at the newest word of it; it is later now. */
  let serverTime = Infinity;
  return {
    next: (now, maxSkewMs) => {
      // What was further ahead than that was never taken, and would not be now.
      const wasTaken = newest <= serverTime + maxSkewMs && Number.isFinite(serverTime);
      newest = wasTaken ? Math.max(now, newest) : now;
      return newest;
    },
    heard: (time) => {
      serverTime = time;
    },
  };
}
