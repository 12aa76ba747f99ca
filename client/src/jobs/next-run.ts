import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Host } from '../process/host.ts';
import { startEarlyKeeper, type EarlyKeeper } from '../process/keeper.ts';
import type { Spool } from './spool.ts';

/** What is made ready for a run before its job comes: a directory in the spool, and the keeper that waits in it. */
export interface NextRun {
  /** Makes it, where that can be done and has not been. */
  prepare(): void;
  /** Gives it away; undefined: there is none, or somebody has spoiled it. */
  take(): EarlyKeeper | undefined;
  /** What the directory was made with. */
  readonly files: Readonly<Record<string, string>>;
}

/** What it needs. */
export interface NextRunDeps {
  readonly host: Pick<Host, 'keeper'>;
  readonly spool: Pick<Spool, 'prepare' | 'isPrepared'>;
  readonly log: Pick<Log, 'warn'>;
  /** Aborted when the agent ends. */
  readonly signal: AbortSignal;
}

/** Makes nothing ready yet. */
export function makeNextRun({ host, spool, log, signal }: NextRunDeps): NextRun {
  const { keeper } = host;
  const files = keeper.ahead?.files ?? {};
  let next: EarlyKeeper | undefined;
  signal.addEventListener('abort', () => next?.dismiss(), { once: true });

  return {
    files,
    prepare: () => {
      if (keeper.ahead === undefined || next !== undefined || signal.aborted) return;
      try {
        next = startEarlyKeeper(keeper, spool.prepare(files));
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'the next run cannot be made ready');
      }
    },
    take: () => {
      const mine = next;
      next = undefined;
      if (mine?.isAlive() === true && spool.isPrepared(files)) return mine;
      mine?.dismiss();
      return undefined;
    },
  };
}
