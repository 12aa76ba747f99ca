import { sleep, type Clock } from '../clock.ts';
import type { ReadWhitelist } from '../config/reread.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { makeWhitelist, summarize, type Whitelist } from '../whitelist.ts';

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
/** A file that says less than before may be half written: it counts when it is the same after this time, milliseconds. */
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
  /** The files as they were when they said less than before, SETTLE_MS ago. */
  let doubted: string | undefined;
  let cancelSettling = (): void => undefined;

  async function read(): Promise<void> {
    // Taken before the reading: what changes meanwhile is another change.
    const before = await stamp(known.files);
    seen = before;
    cancelSettling();
    const isSettled = doubted === before;
    let next: ReadWhitelist;
    try {
      next = await load();
    } catch (error) {
      if (isSettled)
        log.error({ error: messageOf(error) }, 'whitelist cannot be read again: the old one stays');
      else settle(before);
      return;
    }
    if (isRefused(next, isSettled)) return;
    if (!isSettled && isLess(next)) {
      settle(before);
      return;
    }
    if (next.files.join() !== known.files.join()) seen = await stamp(next.files);
    report(next);
    known = next;
    whitelist = makeWhitelist(next.entries);
  }

  /** Once more, when nothing was written for a while: an editor, or Chef, may be at it. */
  function settle(at: string): void {
    cancelSettling = clock.after(SETTLE_MS, () => {
      doubted = at;
      void reread();
    });
  }

  const missing = (next: ReadWhitelist): string[] =>
    known.names.filter((name) => !next.names.includes(name));

  /** A file that ends too early is a file that sets less. */
  function isLess(next: ReadWhitelist): boolean {
    const lost = missing(next);
    if (lost.length === 0 && next.entries.length >= known.entries.length) return false;
    const fields = lost.length > 0 ? { missing: lost } : { entries: next.entries.length };
    log.warn(
      fields,
      'the configuration file says less than before, as if it were half written: the old whitelist stays for 2 s',
    );
    return true;
  }

  /** What leaves the whitelist as it was until the file is changed. */
  function isRefused(next: ReadWhitelist, isSettled: boolean): boolean {
    if (next.mistyped !== undefined && next.isDefault && !known.isDefault) {
      const fields = { warning: next.mistyped };
      log.warn(fields, 'the configuration file sets no whitelist any more: the old one stays');
      return true;
    }
    const lost = missing(next);
    if (!isSettled || !lost.includes('chef_server_url')) return false;
    log.error(
      { missing: lost },
      'the configuration file is not whole: the old whitelist stays until it is changed',
    );
    return true;
  }

  function report(next: ReadWhitelist): void {
    for (const warning of next.warnings)
      if (!known.warnings.includes(warning)) log.warn({ warning }, 'configuration file');
    // What runs is what was read at the start; what has been said before is not said again.
    const settings = differing(first, next);
    const isNews = differing(known, next).some((name) => settings.includes(name));
    if (isNews)
      log.warn(
        { settings },
        'other settings than the whitelist have changed: they count from the next start on',
      );
    if (next.isDefault && !known.isDefault)
      log.warn({}, 'the configuration file sets no whitelist any more: the default counts');
    log.info({ ...summarize(next.entries), isDefault: next.isDefault }, 'whitelist read again');
  }

  /** Names of settings that are not the same, or not in both. */
  function differing(a: ReadWhitelist, b: ReadWhitelist): string[] {
    const names = new Set([...a.others.keys(), ...b.others.keys()]);
    return [...names].filter((name) => a.others.get(name) !== b.others.get(name));
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
