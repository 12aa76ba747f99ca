export interface SharedDeps<T> {
  clock: { now(): number };
  /** Milliseconds that a finished answer may be used again; 0: only calls in flight are shared. */
  reuseMs: number;
  /** Answers that are kept at most. */
  max: number;
  load: (key: string) => Promise<T>;
  /** False for answers that nobody may reuse. Default: all may be reused. */
  keeps?: (value: T) => boolean;
}

export interface Shared<T> {
  /** `fresh` starts a call of its own. Failures are never kept. */
  get(key: string, how?: { fresh: boolean }): Promise<{ value: T; reused: boolean }>;
}

/** Calls with the same key in flight become one; finished answers are reused for a while. */
export function makeShared<T>({ clock, reuseMs, max, load, keeps }: SharedDeps<T>): Shared<T> {
  const inFlight = new Map<string, Promise<T>>();
  const finished = new Map<string, { value: T; until: number }>();

  const keep = (key: string, value: T): void => {
    finished.delete(key); // the newest stands last
    if (reuseMs <= 0 || keeps?.(value) === false) return;
    finished.set(key, { value, until: clock.now() + reuseMs });
    const [oldest] = finished.keys();
    if (finished.size > max && oldest !== undefined) finished.delete(oldest);
  };

  const start = (key: string): Promise<T> => {
    const call = load(key)
      .then((value) => {
        keep(key, value);
        return value;
      })
      .finally(() => {
        if (inFlight.get(key) === call) inFlight.delete(key);
      });
    inFlight.set(key, call);
    return call;
  };

  return {
    get: async (key, how) => {
      if (how?.fresh === true) return { value: await start(key), reused: false };
      const known = finished.get(key);
      if (known !== undefined && clock.now() < known.until) {
        return { value: known.value, reused: true };
      }
      const running = inFlight.get(key);
      return running === undefined
        ? { value: await start(key), reused: false }
        : { value: await running, reused: true };
    },
  };
}
