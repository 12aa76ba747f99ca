import type { JobChanges } from '../core/job-record.ts';
import type { Db } from './db.ts';
import { eventValues, orgEventValues, SAVE_EVENTS, SAVE_ORG_EVENTS } from './save-events.ts';
import { outputSteps } from './save-outputs.ts';
import { jobValues, nodeValues, SAVE_JOBS, SAVE_NODES, stopSteps } from './save-states.ts';
import { joinStatements, runAll, type Step } from './step.ts';
import type { Sealer } from './sealer.ts';

/** A job waits for this before it runs: one round trip in place of six. */
const SAVE_CHANGES = joinStatements('save-changes', [
  SAVE_NODES,
  SAVE_JOBS,
  SAVE_EVENTS,
  SAVE_ORG_EVENTS,
]);

/**
 * Writes a batch, all or nothing: outputs, then requests to stop, then nodes, jobs and events. Where a batch speaks of
 * the same node or job more than once, the last word counts. What speaks of a job that is gone is left out.
 */
export async function saveChanges(db: Db, sealer: Sealer, changes: JobChanges): Promise<void> {
  const steps = [
    ...outputSteps(changes.outputs, sealer),
    ...stopSteps(changes.stops),
    ...stateSteps(changes, sealer),
  ];
  // One statement is a transaction by itself and saves two round trips.
  if (steps.length <= 1) await runAll(db, steps);
  else await db.tx((tx) => runAll(tx, steps));
}

function stateSteps({ nodes, jobs, events, orgEvents }: JobChanges, sealer: Sealer): Step[] {
  if (nodes.length + jobs.length + events.length + orgEvents.length === 0) return [];
  const values = [
    ...nodeValues(nodes),
    ...jobValues(jobs),
    ...eventValues(events, sealer),
    ...orgEventValues(orgEvents, sealer),
  ];
  return [[SAVE_CHANGES, values]];
}
