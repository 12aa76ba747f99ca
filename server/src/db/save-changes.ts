import type { JobChanges } from '../core/job-record.ts';
import type { Db } from './db.ts';
import { eventValues, orgEventValues, SAVE_EVENTS, SAVE_ORG_EVENTS } from './save-events.ts';
import { outputValues, SAVE_OUTPUTS } from './save-outputs.ts';
import { jobValues, nodeValues, SAVE_JOBS, SAVE_NODES, stopSteps } from './save-states.ts';
import { joinStatements, runAll, type Step } from './step.ts';
import type { Sealer } from './sealer.ts';

/** A job waits for this before it runs, and before its end is told: one round trip in place of six. */
const SAVE_CHANGES = joinStatements('save-changes', [
  SAVE_NODES,
  SAVE_JOBS,
  SAVE_EVENTS,
  SAVE_ORG_EVENTS,
  SAVE_OUTPUTS,
]);

/**
 * Writes a batch, all or nothing: outputs that one statement does not take, then requests to stop, then all else.
 * Where a batch speaks of the same node or job more than once, the last word counts. What speaks of a job that is gone
 * is left out.
 */
export async function saveChanges(db: Db, sealer: Sealer, changes: JobChanges): Promise<void> {
  const outputs = outputValues(changes.outputs, sealer);
  const steps = [
    ...outputs.slice(0, -1).map((values): Step => [SAVE_OUTPUTS, values]),
    ...stopSteps(changes.stops),
    ...lastStep(changes, outputs.at(-1) ?? [], sealer),
  ];
  // One statement is a transaction by itself and saves two round trips.
  if (steps.length <= 1) await runAll(db, steps);
  else await db.tx((tx) => runAll(tx, steps));
}

/** The rest of the outputs and the states. */
function lastStep(changes: JobChanges, outputs: readonly unknown[], sealer: Sealer): Step[] {
  const { nodes, jobs, events, orgEvents } = changes;
  const states = nodes.length + jobs.length + events.length + orgEvents.length;
  if (states + changes.outputs.length === 0) return [];
  const values = [
    ...nodeValues(nodes),
    ...jobValues(jobs),
    ...eventValues(events, sealer),
    ...orgEventValues(orgEvents, sealer),
    ...outputs,
  ];
  return [[SAVE_CHANGES, values]];
}
