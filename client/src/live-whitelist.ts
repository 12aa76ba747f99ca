import { sleep, type Clock } from './clock.ts';
import type { ReadWhitelist } from './config-reread.ts';
import { messageOf } from './errors.ts';
import type { Log } from './log.ts';
import { makeWhitelist, summarize, type Whitelist } from './whitelist.ts';

/** A whitelist that follows its file. */
export interface LiveWhitelist extends Whitelist {
  /** Reads the file again, changed or not (HUP, USR1). */
  reread(): Promise<void>;
  /** Looks at the file now and then until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

/** What it needs. */
export interface LiveWhitelistDeps {
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
  readonly load: () => Promise<ReadWhitelist>;
  /** Something that is another text when one of the files is another. */
  readonly stamp: (files: readonly string[]) => Promise<string>;
}

/** Between two looks, milliseconds. Before a command is looked up, there is always one. */
const LOOK_MS = 5000;
/** A file that has lost settings may be half written: it counts when it is the same after this time, milliseconds. */
const SETTLE_MS = 2000;

/**
 * Follows the file that a whitelist came from, and the files that it includes. A change counts from the next command
 * on; a file that cannot be used, or that is not whole, leaves the whitelist as it was, with a line in the log.
 */
export async function makeLiveWhitelist(
  first: ReadWhitelist,
  { clock, log, load, stamp }: LiveWhitelistDeps,
): Promise<LiveWhitelist> {
  let known = first;
  let whitelist = makeWhitelist(first.entries);
  let seen = await stamp(first.files);
  let reading: Promise<void> | undefined;
  /** The files as they were when settings were missing, SETTLE_MS ago. */
  let doubted: string | undefined;
  let cancelSettling = (): void => undefined;

  async function read(): Promise<void> {
    // Taken before the reading: what changes meanwhile is another change.
    const before = await stamp(known.files);
    try {
      const next = await load();
      if (isHalf(next, before)) {
        seen = before;
        return;
      }
      if (next.others !== known.others) {
        log.warn(
          {},
          'other settings than the whitelist have changed: they count from the next start on',
        );
      }
      seen = next.files.join() === known.files.join() ? before : await stamp(next.files);
      known = next;
      whitelist = makeWhitelist(next.entries);
      log.info({ ...summarize(next.entries), isDefault: next.isDefault }, 'whitelist read again');
    } catch (error) {
      seen = before;
      log.error({ error: messageOf(error) }, 'whitelist cannot be read again: the old one stays');
    }
  }

  /**
   * An editor, or Chef, may be writing: a file that ends too early is a file that sets less. What is missing is
   * believed when nothing was written for a while; without the Chef server's URL it is no file of an agent.
   */
  function isHalf(next: ReadWhitelist, at: string): boolean {
    const missing = known.names.filter((name) => !next.names.includes(name));
    cancelSettling();
    if (missing.length === 0) return false;
    if (doubted !== at) {
      cancelSettling = clock.after(SETTLE_MS, () => {
        doubted = at;
        void reread();
      });
      log.warn(
        { missing },
        'the configuration file has lost settings, as if it were half written: the old whitelist stays until it is read once more',
      );
      return true;
    }
    if (!missing.includes('chef_server_url')) return false;
    log.error(
      { missing },
      'the configuration file is not whole: the old whitelist stays until it is changed',
    );
    return true;
  }

  function reread(): Promise<void> {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  async function look(): Promise<void> {
    if (reading !== undefined || (await stamp(known.files)) !== seen) await reread();
  }

  return {
    reread,
    lookUp: async (command) => {
      await look();
      return whitelist.lookUp(command);
    },
    run: async (signal) => {
      for (;;) {
        await sleep(clock, LOOK_MS, signal);
        if (signal.aborted) break;
        await look();
      }
      cancelSettling();
    },
  };
}
