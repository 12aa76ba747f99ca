import type { JobChanges } from '../core/job-record.ts';
import type { Db } from './db.ts';
import { eventSteps, orgEventSteps } from './save-events.ts';
import { outputSteps } from './save-outputs.ts';
import { jobSteps, nodeSteps, stopSteps } from './save-states.ts';
import { runAll } from './step.ts';
import type { Sealer } from './sealer.ts';

/**
 * Writes a batch, all or nothing: outputs, then requests to stop, nodes, jobs and events. Where a batch speaks of
 * the same node or job more than once, the last word counts. What speaks of a job that is gone is left out.
 */
export async function saveChanges(db: Db, sealer: Sealer, changes: JobChanges): Promise<void> {
  const steps = [
    ...outputSteps(changes.outputs, sealer),
    ...stopSteps(changes.stops),
    ...nodeSteps(changes.nodes),
    ...jobSteps(changes.jobs),
    ...eventSteps(changes.events, sealer),
    ...orgEventSteps(changes.orgEvents, sealer),
  ];
  // One statement is a transaction by itself and saves two round trips.
  if (steps.length <= 1) await runAll(db, steps);
  else await db.tx((tx) => runAll(tx, steps));
}
