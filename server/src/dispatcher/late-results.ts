import type { JobChanges } from '../core/job-record.ts';
import type { Log } from './log.ts';
import type { Saver } from './saver.ts';

type Output = JobChanges['outputs'][number];

/** Whether a job of that organization that is not in memory has this node, keeps output, and has none of it yet. */
export interface OutputQuestions {
  wantsOutput(orgId: string, jobId: string, node: string): Promise<boolean>;
}

/** Results that come when their job has left memory, of one process at a time: a flood must not be the database's. */
const MAX_ASKING = 100;

/**
 * Keeps the output of a result that comes when its job has left memory (Decision 7). True when nothing of it can be
 * lost any more, for an agent that waits to hear so (Decision 5); otherwise it comes again.
 */
export function makeLateResults(deps: {
  log: Log;
  store: OutputQuestions;
  saver: Pick<Saver, 'output' | 'kept'>;
}): (orgId: string, output: Output) => Promise<boolean> {
  const { log, store, saver } = deps;
  let asking = 0;

  return async (orgId, output) => {
    const { jobId, node } = output;
    if (asking >= MAX_ASKING) {
      log.warn({ jobId, node }, 'a late result has to wait: there are too many');
      return false;
    }
    asking += 1;
    try {
      if (!(await store.wantsOutput(orgId, jobId, node))) return true;
      if (!saver.output(output)) return false;
    } catch (error) {
      log.warn({ err: error, jobId, node }, 'a late result could not be kept');
      return false;
    } finally {
      asking -= 1;
    }
    await saver.kept();
    return true;
  };
}
