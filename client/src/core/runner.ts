/**
 * What the agent does with its one job (REFERENCE 16, table of incoming messages). Pure: a state and an event
 * give a state and effects; the host of the jobs performs the effects and brings back what became of them.
 */
import type { JobState } from '@pushy/protocol';

/** `checking` and `stopping` are known to the agent alone; on the wire they are `idle` and `running`. */
export const RUNNER_PHASES = ['idle', 'checking', 'committed', 'running', 'stopping'] as const;
export type RunnerPhase = (typeof RUNNER_PHASES)[number];

/** The order of a commit, kept with its job until the job ends (A4). */
export interface JobOrder {
  readonly jobId: string;
  readonly command: string;
  readonly user?: string;
  readonly dir?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** With its prefix, `raw:` or `base64:`. */
  readonly file?: string;
  readonly capture: boolean;
}

/** What a captured run wrote. */
export interface RunOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** How a run ended by itself. */
export interface RunEnd {
  readonly outcome: 'succeeded' | 'failed';
  /** Absent when the job does not capture. */
  readonly output?: RunOutput;
}

/** What the agent does now. */
export type RunnerState =
  | { readonly phase: 'idle' }
  | { readonly phase: Exclude<RunnerPhase, 'idle'>; readonly order: JobOrder };

/** What happens to it: messages of the server, and what became of effects. */
export type RunnerEvent =
  | { readonly kind: 'commit'; readonly order: JobOrder }
  /** A commit that cannot be read; `jobId` where one can be told. */
  | { readonly kind: 'bad_commit'; readonly jobId: string | null; readonly reason: string }
  | { readonly kind: 'run'; readonly jobId: string | null }
  | { readonly kind: 'abort' }
  | { readonly kind: 'accepted'; readonly jobId: string }
  | { readonly kind: 'refused'; readonly jobId: string; readonly reason: string }
  | { readonly kind: 'ended'; readonly jobId: string; readonly end: RunEnd }
  /** The whole process group is gone. */
  | { readonly kind: 'stopped'; readonly jobId: string };

/** An answer to the server, without what every body starts with. */
export type Answer =
  | { readonly type: 'ack_commit' | 'ack_run' | 'nack_run'; readonly jobId: string | null }
  | { readonly type: 'nack_commit'; readonly jobId: string | null; readonly reason: string }
  | { readonly type: 'aborted'; readonly jobId: string | null }
  | {
      readonly type: 'succeeded' | 'failed';
      readonly jobId: string;
      readonly output?: RunOutput;
    };

export type RunnerEffect =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** Find out whether this order can be run here; take its lock. */
  | { readonly kind: 'check'; readonly order: JobOrder }
  | { readonly kind: 'start'; readonly order: JobOrder }
  /** End the whole process group of the run. */
  | { readonly kind: 'stop'; readonly jobId: string }
  /** The job is over: give its lock and its file back, and give up a check that is still going on. */
  | { readonly kind: 'release'; readonly jobId: string };

/** The answer to an event. */
export interface RunnerStep {
  readonly state: RunnerState;
  readonly effects: readonly RunnerEffect[];
}

type Busy = Exclude<RunnerState, { phase: 'idle' }>;
type StateOf<P extends RunnerPhase> = P extends 'idle' ? { readonly phase: 'idle' } : Busy;
type EventOf<K extends RunnerEvent['kind']> = Extract<RunnerEvent, { kind: K }>;
type Rule = (state: RunnerState, event: RunnerEvent) => RunnerStep;
type RunnerTable = {
  readonly [P in RunnerPhase]: {
    readonly [K in RunnerEvent['kind']]: (state: StateOf<P>, event: EventOf<K>) => RunnerStep;
  };
};

const IDLE: RunnerState = { phase: 'idle' };

/** Every event in every phase (REFERENCE 16). */
export const RUNNER_TABLE: RunnerTable = {
  idle: {
    commit: check,
    bad_commit: nackUnreadable,
    run: nackRun,
    abort: answerAborted,
    accepted: keep,
    refused: keep,
    ended: keep,
    stopped: keep,
  },
  checking: {
    commit: nackBusy,
    bad_commit: nackUnreadable,
    run: nackRun,
    abort: drop,
    accepted: ackCommit,
    refused: nackChecked,
    ended: keep,
    stopped: keep,
  },
  committed: {
    commit: nackBusy,
    bad_commit: nackUnreadable,
    run: startIfMine,
    abort: drop,
    accepted: keep,
    refused: keep,
    ended: keep,
    stopped: keep,
  },
  running: {
    commit: nackBusy,
    bad_commit: nackUnreadable,
    run: nackRun,
    abort: stop,
    accepted: keep,
    refused: keep,
    ended: report,
    stopped: keep,
  },
  stopping: {
    commit: nackBusy,
    bad_commit: nackUnreadable,
    run: nackRun,
    // The server repeats its abort until it is answered (REFERENCE 13): one answer, when the group is gone.
    abort: keep,
    accepted: keep,
    refused: keep,
    ended: keep,
    stopped: finishStop,
  },
};

/** The state that a fresh agent starts in. */
export function idleRunner(): RunnerState {
  return IDLE;
}

/** The next state and what to do, for any event in any state; never throws. */
export function step(state: RunnerState, event: RunnerEvent): RunnerStep {
  if (isLate(state, event)) return keep(state);
  return (RUNNER_TABLE[state.phase][event.kind] as Rule)(state, event);
}

/** What heartbeats say of this state (REFERENCE 15.6). */
export function wireState(state: RunnerState): { jobState: JobState; jobId: string | null } {
  switch (state.phase) {
    case 'idle':
    case 'checking':
      return { jobState: 'idle', jobId: null };
    case 'committed':
      return { jobState: 'committed', jobId: state.order.jobId };
    case 'running':
    case 'stopping':
      return { jobState: 'running', jobId: state.order.jobId };
  }
}

/** What became of an effect for a job that has been dropped since. */
function isLate(state: RunnerState, event: RunnerEvent): boolean {
  const isOutcome =
    event.kind === 'accepted' ||
    event.kind === 'refused' ||
    event.kind === 'ended' ||
    event.kind === 'stopped';
  return isOutcome && state.phase !== 'idle' && state.order.jobId !== event.jobId;
}

function keep(state: RunnerState): RunnerStep {
  return { state, effects: [] };
}

function check(_state: RunnerState, { order }: EventOf<'commit'>): RunnerStep {
  return to({ phase: 'checking', order }, { kind: 'check', order });
}

function nackBusy(state: Busy, { order }: EventOf<'commit'>): RunnerStep {
  const reason = `busy with job ${state.order.jobId} (${state.phase})`;
  return to(state, answer({ type: 'nack_commit', jobId: order.jobId, reason }));
}

function nackUnreadable(state: RunnerState, event: EventOf<'bad_commit'>): RunnerStep {
  return to(state, answer({ type: 'nack_commit', jobId: event.jobId, reason: event.reason }));
}

function nackRun(state: RunnerState, { jobId }: EventOf<'run'>): RunnerStep {
  return to(state, answer({ type: 'nack_run', jobId }));
}

function startIfMine({ phase, order }: Busy, event: EventOf<'run'>): RunnerStep {
  if (order.jobId !== event.jobId) return nackRun({ phase, order }, event);
  const ack = answer({ type: 'ack_run', jobId: order.jobId });
  return to({ phase: 'running', order }, ack, { kind: 'start', order });
}

function answerAborted(state: RunnerState): RunnerStep {
  return to(state, answer({ type: 'aborted', jobId: null }));
}

function drop({ order: { jobId } }: Busy): RunnerStep {
  return to(IDLE, { kind: 'release', jobId }, answer({ type: 'aborted', jobId }));
}

function stop({ order }: Busy): RunnerStep {
  return to({ phase: 'stopping', order }, { kind: 'stop', jobId: order.jobId });
}

function finishStop({ order: { jobId } }: Busy): RunnerStep {
  return to(IDLE, { kind: 'release', jobId }, answer({ type: 'aborted', jobId }));
}

function ackCommit({ order }: Busy): RunnerStep {
  const ack = answer({ type: 'ack_commit', jobId: order.jobId });
  return to({ phase: 'committed', order }, ack);
}

function nackChecked({ order: { jobId } }: Busy, { reason }: EventOf<'refused'>): RunnerStep {
  return to(IDLE, { kind: 'release', jobId }, answer({ type: 'nack_commit', jobId, reason }));
}

function report({ order: { jobId } }: Busy, { end }: EventOf<'ended'>): RunnerStep {
  const output = end.output === undefined ? {} : { output: end.output };
  return to(IDLE, { kind: 'release', jobId }, answer({ type: end.outcome, jobId, ...output }));
}

function to(state: RunnerState, ...effects: RunnerEffect[]): RunnerStep {
  return { state, effects };
}

function answer(answer: Answer): RunnerEffect {
  return { kind: 'answer', answer };
}
