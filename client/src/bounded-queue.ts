/** A queue between a producer that can wait and one consumer. */
export interface BoundedQueue<T> {
  /** Resolves once there is room: whoever reads faster than the consumer works is held back. */
  push(item: T): Promise<void>;
  /** Forgets everything that waits. */
  clear(): void;
  /** The items as they come, until `signal` is aborted. */
  items(signal: AbortSignal): AsyncGenerator<T, void, void>;
}

/** Makes a queue of at most `limit` items. */
export function makeBoundedQueue<T>(limit: number): BoundedQueue<T> {
  let queue: T[] = [];
  let wakeConsumer: (() => void) | undefined;
  let wakeProducers: (() => void)[] = [];

  function releaseProducers(): void {
    const waiting = wakeProducers;
    wakeProducers = [];
    for (const wake of waiting) wake();
  }

  return {
    push: async (item) => {
      while (queue.length >= limit) await new Promise<void>((wake) => wakeProducers.push(wake));
      queue.push(item);
      wakeConsumer?.();
    },
    clear: () => {
      queue = [];
      releaseProducers();
    },
    items: async function* (signal) {
      const stop = (): void => wakeConsumer?.();
      signal.addEventListener('abort', stop);
      try {
        while (!signal.aborted) {
          const item = queue.shift();
          if (item === undefined) {
            await new Promise<void>((wake) => (wakeConsumer = wake));
            continue;
          }
          releaseProducers();
          yield item;
        }
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
  };
}
