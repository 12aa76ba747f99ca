import type { NodeCommand, NodeReport } from './records.ts';

/** What may be said on each channel: `nodes` is heard by hosts of nodes, `jobs` by hosts of jobs. */
export interface Channels {
  nodes: NodeCommand;
  jobs: NodeReport;
}
export type Channel = keyof Channels;

/**
 * How the two hosts talk, in one process or between several. Delivery is asynchronous (never inside
 * `publish`), in order per channel, in batches of plain records that survive JSON.
 */
export interface Bus {
  publish<C extends Channel>(channel: C, records: readonly Channels[C][]): void;
  /** `receive` must not throw. The answer ends the subscription. */
  subscribe<C extends Channel>(
    channel: C,
    receive: (records: readonly Channels[C][]) => void,
  ): () => void;
}
