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

/**
 * Follows the file that a whitelist came from, and the files that it includes. A change counts from the next command
 * on; a file that cannot be used leaves the whitelist as it was, with an error in the log.
 */
export async function makeLiveWhitelist(
  first: ReadWhitelist,
  { clock, log, load, stamp }: LiveWhitelistDeps,
): Promise<LiveWhitelist> {
  let known = first;
  let whitelist = makeWhitelist(first.entries);
  let seen = await stamp(first.files);
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    // Taken before the reading: what changes meanwhile is another change.
    const before = await stamp(known.files);
    try {
      const next = await load();
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
        if (signal.aborted) return;
        await look();
      }
    },
  };
}
