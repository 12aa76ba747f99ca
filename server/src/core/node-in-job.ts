import type { JobMessageType, JobState } from '@pushy/protocol';

/**
 * How far a node is in one job, as its host knows it from what went to and fro. `waiting`: no commit was sent yet.
 * `asked`: it was, and not answered. `told`: run was sent, and not answered. `over`: nothing more is expected of it.
 */
export const STAGES = ['waiting', 'asked', 'ready', 'told', 'running', 'stopping', 'over'] as const;
export type Stage = (typeof STAGES)[number];

/** What heartbeats in a row led to: a report that was lost, or an order that is sent again. */
export type Finding = 'ack_commit' | 'ack_run' | 'aborted' | 'commit' | 'run';

/**
 * `after`: so many heartbeats in a row say the same. `always`: also on the connection that the order went out on;
 * there, what is said arrives in the order in which it was said, and nothing is lost without the other being gone.
 */
interface FindingRule {
  readonly after: 1 | 2;
  readonly finds: Finding;
  readonly always?: true;
}

/**
 * What a node says of itself against what its host expects, where an order or its answer may have been lost with a
 * connection or with the server (Decisions 3 and 5). A node is never started twice: `run` goes again to a node alone
 * that itself says that it waits for it, and `commit` only while no run of the job was ever sent.
 */
export const FINDINGS = {
  waiting: {},
  asked: {
    committed: { after: 1, finds: 'ack_commit' },
    idle: { after: 2, finds: 'commit' },
  },
  ready: {
    idle: { after: 2, finds: 'aborted' },
  },
  told: {
    committed: { after: 2, finds: 'run' },
    running: { after: 1, finds: 'ack_run' },
    idle: { after: 2, finds: 'aborted' },
  },
  running: {
    idle: { after: 2, finds: 'aborted', always: true },
  },
  stopping: {},
  over: {},
} as const satisfies Record<Stage, Partial<Record<JobState, FindingRule>>>;

/** Where a node is in one job. Only the functions of this file change it. */
export interface NodeInJob {
  stage: Stage;
  /** The connection that the newest order went out on; undefined: none of this server's. */
  orderedOn: number | undefined;
  /** What heartbeats said last of this job, on which connection, and how often in a row. */
  claim: JobState | undefined;
  heardOn: number | undefined;
  beats: number;
  /** An answer that was found out and may still come itself. */
  found: 'ack_commit' | 'ack_run' | undefined;
}

/** A node at a stage of a job, with nothing heard of it. */
export function makeNodeInJob(stage: Stage): NodeInJob {
  const unheard = { claim: undefined, heardOn: undefined, beats: 0, found: undefined };
  return { stage, orderedOn: undefined, ...unheard };
}

/** An order went out on a connection, or waits for one. */
export function ordered(node: NodeInJob, stage: Stage, connection?: number): void {
  node.stage = stage;
  node.orderedOn = connection;
  node.beats = 0;
}

/** A heartbeat; undefined: it says nothing of this job. The answer is what has to be done, once. */
export function claimed(
  node: NodeInJob,
  claim: JobState | undefined,
  connection: number,
): Finding | undefined {
  const again = node.claim === claim && node.heardOn === connection;
  node.beats = again ? node.beats + 1 : 1;
  node.claim = claim;
  node.heardOn = connection;
  if (claim === undefined) return undefined;
  const row: Partial<Record<JobState, FindingRule>> = FINDINGS[node.stage];
  const rule = row[claim];
  if (rule === undefined || node.beats < rule.after) return undefined;
  if (rule.always !== true && node.orderedOn === connection) return undefined;
  find(node, rule.finds);
  return rule.finds;
}

function find(node: NodeInJob, finding: Finding): void {
  if (finding === 'aborted') node.stage = 'over';
  if (finding !== 'ack_commit' && finding !== 'ack_run') return;
  node.stage = finding === 'ack_commit' ? 'ready' : 'running';
  node.found = finding;
}

/** What a node answers about a job. */
export type Answer = JobMessageType;

/** Where an answer takes a node; `over` for all that is not here. */
const STAGE_AFTER: Partial<Record<Answer, Partial<Record<Stage, Stage>>>> = {
  ack_commit: { asked: 'ready' },
  ack_run: { ready: 'running', told: 'running' },
};

/**
 * What the job is told of an answer, in order: a result may be the first that is heard of a run whose `ack_run` was
 * lost, and an answer that was found out may still come itself.
 */
export function answered(node: NodeInJob, answer: Answer, connection: number): readonly Answer[] {
  if (node.found === answer) {
    node.found = undefined;
    return [];
  }
  const { stage, orderedOn } = node;
  const row = STAGE_AFTER[answer];
  node.stage = row === undefined ? 'over' : (row[stage] ?? stage);
  node.beats = 0;
  const isResult = answer === 'succeeded' || answer === 'failed';
  const ackIsLost = isResult && stage === 'told' && orderedOn !== connection;
  return ackIsLost ? ['ack_run', answer] : [answer];
}
