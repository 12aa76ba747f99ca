import type { JobMessageType, NodeStatus } from '@pushy/protocol';
import type { JobTimer } from './effects.ts';
import type { EndStatus, RunStatus, VoteStatus } from './feed-event.ts';
import type { Stage } from './node-in-job.ts';

/** Phases in which a job can change. `stopping_*`: it was stopped as a whole while voting or running. */
export const LIVE_PHASES = ['new', 'voting', 'running', 'stopping_votes', 'stopping_runs'] as const;
export type LivePhase = (typeof LIVE_PHASES)[number];
export type JobPhase = LivePhase | EndStatus;

/** What a node does in its job: its status, or `stopping`: told to abort by request, has not said so yet. */
export type NodePart = NodeStatus | 'stopping';
/** The parts of a node that is not settled. */
export const LIVE_PARTS = ['new', 'ready', 'running', 'stopping'] as const;
export type LivePart = (typeof LIVE_PARTS)[number];

/** What a job hears about one of its nodes; `down`: not available at the start, or lost since. */
export const NODE_REPORTS = [
  'ack_commit',
  'nack_commit',
  'ack_run',
  'nack_run',
  'succeeded',
  'failed',
  'aborted',
  'down',
] as const satisfies readonly (JobMessageType | 'down')[];
export type NodeReportKind = (typeof NODE_REPORTS)[number];

/** An event of the feed about one node. */
export type Said =
  'run_start' | readonly ['quorum_vote', VoteStatus] | readonly ['run_complete', RunStatus];

/**
 * `to`: the node's next status, unchanged where it is missing. `does`: in this order; `rehab` resets the node
 * and says so ("abort+rehab" of REFERENCE 12).
 */
export interface Rule {
  readonly to?: NodeStatus;
  readonly does: readonly ('rehab' | Said)[];
}
/** A rule for all nodes of one part at once; `abort` resets them and says nothing ("silent abort"). */
export interface MassRule {
  readonly from: LivePart;
  readonly to: NodePart;
  readonly does: readonly ('abort' | Said)[];
}

const vote = <S extends VoteStatus>(status: S) => ['quorum_vote', status] as const;
const end = <S extends RunStatus>(status: S) => ['run_complete', status] as const;

const IGNORE: Rule = { does: [] };
/** Says anything but a vote while voting: it withdraws (REFERENCE 12.1). */
const WITHDRAW: Rule = { to: 'unavailable', does: ['rehab'] };
const DOWN: Rule = { to: 'unavailable', does: [vote('down'), 'rehab'] };
const CRASH: Rule = { to: 'crashed', does: ['rehab', end('crashed')] };
const SUCCEED: Rule = { to: 'succeeded', does: [end('success')] };
const FAIL: Rule = { to: 'failed', does: [end('failure')] };
/** Decision 8: it said so, or it is gone, or it refused what it would have had to abort. */
const STOPPED_VOTE = { to: 'aborted', does: [vote('aborted')] } as const;
const STOPPED_RUN = { to: 'aborted', does: [end('aborted')] } as const;

/**
 * REFERENCE 12.1 and 12.2, a row per report and a column per part. The reference's columns "node terminal"
 * are gone: a settled node changes nothing (J1, Decision 7). `stopping` is Decision 8.
 */
export const REPORTS = {
  voting: {
    ack_commit: {
      new: { to: 'ready', does: [vote('success')] },
      ready: { does: [vote('unexpected_commit')] },
      stopping: IGNORE,
    },
    nack_commit: {
      new: { to: 'nacked', does: [vote('failure')] },
      ready: { to: 'unavailable', does: ['rehab', vote('lost_availibility')] },
      stopping: { to: 'nacked', does: [vote('failure')] },
    },
    ack_run: { new: WITHDRAW, ready: WITHDRAW, stopping: IGNORE },
    nack_run: { new: WITHDRAW, ready: WITHDRAW, stopping: IGNORE },
    succeeded: { new: WITHDRAW, ready: WITHDRAW, stopping: IGNORE },
    failed: { new: WITHDRAW, ready: WITHDRAW, stopping: IGNORE },
    aborted: { new: WITHDRAW, ready: WITHDRAW, stopping: STOPPED_VOTE },
    down: { new: DOWN, ready: DOWN, stopping: STOPPED_VOTE },
  },
  running: {
    ack_commit: { ready: CRASH, running: CRASH, stopping: IGNORE },
    nack_commit: { ready: CRASH, running: CRASH, stopping: IGNORE },
    ack_run: {
      ready: { to: 'running', does: ['run_start'] },
      running: IGNORE,
      stopping: IGNORE,
    },
    nack_run: {
      ready: { to: 'failed', does: ['rehab', end('run_nacked')] },
      running: { to: 'failed', does: ['rehab', end('run_nacked_while_running')] },
      stopping: STOPPED_RUN,
    },
    succeeded: { ready: CRASH, running: SUCCEED, stopping: SUCCEED },
    failed: { ready: CRASH, running: FAIL, stopping: FAIL },
    aborted: { ready: CRASH, running: CRASH, stopping: STOPPED_RUN },
    down: { ready: CRASH, running: CRASH, stopping: STOPPED_RUN },
  },
} as const satisfies Record<
  'voting' | 'running',
  Record<NodeReportKind, Partial<Record<LivePart, Rule>>>
>;

/** What concerns many nodes at once: a timer, or the end of the vote, of the job, of the patience of people. */
export type MassEvent = JobTimer | 'quorum_failed' | 'crash' | 'stop' | 'resume';

const STOPPED_VOTES: MassRule = { from: 'stopping', ...STOPPED_VOTE };
const STOPPED_RUNS: MassRule = { from: 'stopping', ...STOPPED_RUN };
/** Nodes of a job that crashed are settled without events of their own (J3). */
const settle = (from: LivePart, to: NodeStatus): MassRule => ({ from, to, does: ['abort'] });
const stop = (from: LivePart): MassRule => ({ from, to: 'stopping', does: ['abort'] });

/** Rows "voting timer" and "run timer" of REFERENCE 12, the failed quorum, J3 and Decision 8, by phase. */
export const MASS = {
  new: {
    crash: [settle('new', 'unavailable')],
  },
  voting: {
    voting: [
      { from: 'new', to: 'unavailable', does: [vote('voting_timeout'), 'abort'] },
      STOPPED_VOTES,
    ],
    abort: [STOPPED_VOTES],
    quorum_failed: [settle('ready', 'was_ready')],
    crash: [settle('new', 'unavailable'), settle('ready', 'was_ready'), STOPPED_VOTES],
    stop: [stop('new'), stop('ready')],
    // What no server of ours leaves behind is settled, so that it cannot stay for ever (J4).
    resume: [settle('running', 'crashed')],
  },
  running: {
    run: [settle('ready', 'timed_out'), settle('running', 'timed_out'), STOPPED_RUNS],
    abort: [STOPPED_RUNS],
    crash: [settle('ready', 'crashed'), settle('running', 'crashed'), STOPPED_RUNS],
    stop: [stop('ready'), stop('running')],
    resume: [settle('new', 'unavailable')],
  },
  stopping_votes: {
    abort: [STOPPED_VOTES],
    crash: [STOPPED_VOTES],
  },
  stopping_runs: {
    abort: [STOPPED_RUNS],
    crash: [STOPPED_RUNS],
  },
} as const satisfies Record<LivePhase, Partial<Record<MassEvent, readonly MassRule[]>>>;

/** Which table of reports a phase reads; undefined: no report can come yet. */
export const REPORTS_OF = {
  new: undefined,
  voting: 'voting',
  running: 'running',
  stopping_votes: 'voting',
  stopping_runs: 'running',
} as const satisfies Record<LivePhase, keyof typeof REPORTS | undefined>;

/** Decision 3: where the hosts of nodes take a node up again after a restart, by the job's phase and its part. */
export const STAGES_OF = {
  new: {},
  voting: { new: 'asked', ready: 'ready', stopping: 'stopping' },
  running: { ready: 'told', running: 'running', stopping: 'stopping' },
  stopping_votes: { stopping: 'stopping' },
  stopping_runs: { stopping: 'stopping' },
} as const satisfies Record<LivePhase, Partial<Record<LivePart, Stage>>>;

/** Decision 3: the clock of a phase that goes on after a restart. */
export const TIMER_OF = {
  new: undefined,
  voting: 'voting',
  running: 'run',
  stopping_votes: undefined,
  stopping_runs: undefined,
} as const satisfies Record<LivePhase, JobTimer | undefined>;
