import type { Bus, Channel, Channels } from '../dispatcher/bus.ts';

interface Line<T> {
  publish(records: readonly T[]): void;
  subscribe(receive: (records: readonly T[]) => void): () => void;
}

/**
 * The bus of a server that is alone: a queue in memory. What is published in one turn arrives as one batch
 * per channel, right after that turn: a queue never holds more than one turn makes.
 */
export function makeLocalBus(): Bus {
  const lines: { [C in Channel]: Line<Channels[C]> } = { nodes: makeLine(), jobs: makeLine() };
  return {
    publish: (channel, records) => {
      lines[channel].publish(records);
    },
    subscribe: (channel, receive) => lines[channel].subscribe(receive),
  };
}

function makeLine<T>(): Line<T> {
  const receivers = new Set<(records: readonly T[]) => void>();
  let queue: T[] = [];

  function deliver(): void {
    const batch = queue;
    queue = [];
    for (const receive of receivers) receive(batch);
  }

  return {
    publish(records) {
      if (records.length === 0) return;
      if (queue.length === 0) queueMicrotask(deliver);
      for (const record of records) queue.push(record);
    },
    subscribe(receive) {
      receivers.add(receive);
      return () => {
        receivers.delete(receive);
      };
    },
  };
}
