import type { Place } from './stamper.ts';

/** One event of a feed, written once for all its readers. */
export interface FeedBlock extends Place {
  bytes(): Buffer;
}

/**
 * `live`: more may come. `ended`: nothing comes after what is not read yet. `behind`: what comes next for this
 * reader is gone. `stopping`: the server ends, whatever is not read yet.
 */
export type FeedState = 'live' | 'ended' | 'behind' | 'stopping';

/** One reader's place in a feed. The blocks are the feed's: a reader that waits costs no memory. */
export interface FeedReader {
  /** The next blocks, as many as fit into `bytes`, but at least one if there is any; then they count as read. */
  read(bytes: number): Buffer[];
  state(): FeedState;
  /** Calls `wake` whenever there may be something new to read, or the state has changed. */
  onChange(wake: () => void): void;
  close(): void;
}

/** The events that a feed keeps, and who reads them. */
export interface Feed {
  readonly first: FeedBlock | undefined;
  readonly last: FeedBlock | undefined;
  readers(): number;
  add(blocks: readonly FeedBlock[]): void;
  /** Drops the oldest blocks as long as `isOld` says so; answers them. */
  drop(isOld: (block: FeedBlock) => boolean): readonly FeedBlock[];
  /** Nothing more comes. */
  end(): void;
  /** The server ends. */
  stop(): void;
  /** Reads from behind the place `after`; `lead` is read first. */
  open(after: number, lead?: Buffer): FeedReader;
}

export function makeFeed(): Feed {
  let blocks: FeedBlock[] = [];
  /** Blocks that were dropped: readers count from the first block that ever was. */
  let dropped = 0;
  let ended = false;
  let stopping = false;
  const wakes = new Set<() => void>();

  function wakeAll(): void {
    for (const wake of [...wakes]) wake();
  }

  return {
    get first() {
      return blocks[0];
    },
    get last() {
      return blocks.at(-1);
    },
    readers: () => wakes.size,
    add(more) {
      for (const block of more) blocks.push(block);
      wakeAll();
    },
    drop(isOld) {
      const kept = blocks.findIndex((block) => !isOld(block));
      const gone = blocks.slice(0, kept < 0 ? blocks.length : kept);
      if (gone.length === 0) return gone;
      blocks = blocks.slice(gone.length);
      dropped += gone.length;
      wakeAll();
      return gone;
    },
    end() {
      ended = true;
      wakeAll();
    },
    stop() {
      stopping = true;
      wakeAll();
    },
    open(after, lead) {
      const found = blocks.findIndex((block) => block.seq > after);
      let next = dropped + (found < 0 ? blocks.length : found);
      let before = lead;
      let own: (() => void) | undefined;
      return {
        read(bytes) {
          const taken: Buffer[] = before === undefined ? [] : [before];
          let room = bytes - (before?.length ?? 0);
          before = undefined;
          if (next < dropped) return taken;
          for (let at = next - dropped; at < blocks.length; at += 1) {
            const block = blocks[at]?.bytes() ?? Buffer.alloc(0);
            if (taken.length > 0 && block.length > room) break;
            taken.push(block);
            room -= block.length;
            next += 1;
          }
          return taken;
        },
        state() {
          if (stopping) return 'stopping';
          if (next < dropped) return 'behind';
          return ended ? 'ended' : 'live';
        },
        onChange(wake) {
          own = wake;
          wakes.add(wake);
        },
        close() {
          if (own !== undefined) wakes.delete(own);
        },
      };
    },
  };
}
