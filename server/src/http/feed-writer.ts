import { FEED_KEEPALIVE, encodeFeedComment, encodeFeedRetry } from '@pushy/protocol';

/** A reader's place in a feed: pulled from, so that what he has not taken waits in the feed, not here. */
export interface FeedSource {
  /** The next whole blocks, up to so many bytes but at least one if there is any. */
  read(bytes: number): Buffer[];
  /**
   * `live`: more may come. `ended`: nothing comes after what is not read yet. `behind`: what comes next for
   * this reader is gone. `stopping`: the server ends.
   */
  state(): 'live' | 'ended' | 'behind' | 'stopping';
  onChange(wake: () => void): void;
  close(): void;
}

/** As much of an HTTP answer as a feed needs. */
export interface FeedSink {
  readonly destroyed: boolean;
  write(chunk: Buffer | string): boolean;
  end(chunk?: string): unknown;
  destroy(): unknown;
  on(event: 'drain' | 'close' | 'error', listener: () => void): unknown;
}

export interface FeedWriterDeps {
  clock: { after(ms: number, action: () => void): () => void };
  /** Uniform in [0, 1). */
  fraction(): number;
  log: { info(fields: object, message: string): void };
  /** Milliseconds of silence before a comment is sent (REFERENCE 9). */
  keepAlive: number;
  /** Milliseconds that a reader may leave what he was sent untaken. */
  stall?: number;
  /** Milliseconds that a reader may take for the rest of a feed that has ended. */
  finish?: number;
}

/** Bytes that are handed to one connection at a time; a larger block goes alone. */
const PORTION = 16 * 1024;
const STALL = 30_000;
const FINISH = 120_000;
/** Milliseconds in which a farewell may still reach the reader. */
const GRACE = 5000;
/** Milliseconds after which readers connect again when the server ends: at least, and how far they spread. */
const RETRY_LEAST = 1000;
const RETRY_SPREAD = 4000;

const TOO_SLOW = 'too slow: the connection ends here, come again with Last-Event-ID';
const STOPPING = 'the server is stopping, connect again';

/**
 * Writes a feed to a connection at the pace of its reader: never more than one portion waits here. Whoever
 * takes nothing for too long is told so and cut off.
 */
export function writeFeed(source: FeedSource, sink: FeedSink, deps: FeedWriterDeps): void {
  const { clock, log, keepAlive, stall = STALL, finish = FINISH } = deps;
  /** What was written last waits for the reader to take it. */
  let waiting = false;
  let over = false;
  /** Keepalive while there is nothing to write, patience while the reader takes nothing. */
  let cancelTimer = (): void => undefined;
  let cancelFinish: (() => void) | undefined;

  function write(chunk: Buffer | string): void {
    waiting = !sink.write(chunk);
    arm();
  }

  function arm(): void {
    cancelTimer();
    cancelTimer = waiting
      ? clock.after(stall, tooSlow)
      : clock.after(keepAlive, () => {
          write(FEED_KEEPALIVE);
        });
  }

  function pump(): void {
    while (!over) {
      const state = source.state();
      if (state === 'stopping') {
        const retry = RETRY_LEAST + Math.floor(deps.fraction() * RETRY_SPREAD);
        end(encodeFeedComment(STOPPING) + encodeFeedRetry(retry));
        return;
      }
      if (state === 'behind') {
        tooSlow();
        return;
      }
      if (state === 'ended') cancelFinish ??= clock.after(finish, tooSlow);
      if (waiting) return;
      const blocks = source.read(PORTION);
      const [first] = blocks;
      if (first === undefined) {
        if (state === 'ended') end();
        return;
      }
      write(blocks.length === 1 ? first : Buffer.concat(blocks));
    }
  }

  function tooSlow(): void {
    log.info({}, 'a reader of a feed is too slow: it is cut off');
    end(encodeFeedComment(TOO_SLOW));
  }

  function end(last?: string): void {
    leave();
    sink.end(last);
    cancelTimer = clock.after(last === undefined ? finish : GRACE, () => sink.destroy());
  }

  /** The feed is not read any more. */
  function leave(): void {
    over = true;
    cancelTimer();
    cancelFinish?.();
    source.close();
  }

  sink.on('close', leave);
  sink.on('error', leave);
  // The reader may have gone while his request was judged.
  if (sink.destroyed) {
    leave();
    return;
  }
  sink.on('drain', () => {
    if (over) return;
    waiting = false;
    arm();
    pump();
  });
  source.onChange(pump);
  arm();
  pump();
}
