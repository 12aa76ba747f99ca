/** Time as an argument. The only file of the server that reads the clock or starts a timer. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Calls `action` once after `ms` milliseconds; the answer cancels it. Does not keep the process alive. */
  after(ms: number, action: () => void): () => void;
  /** Calls `action` every `ms` milliseconds; the answer ends it. Does not keep the process alive. */
  every(ms: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, action) => {
    const timer = setTimeout(action, ms).unref();
    return () => {
      clearTimeout(timer);
    };
  },
  every: (ms, action) => {
    const timer = setInterval(action, ms).unref();
    return () => {
      clearInterval(timer);
    };
  },
};
