/**
 * What the agent does with its one job (REFERENCE 16, table of incoming messages). Pure: a state and an event
 * give a state and effects; the host of the jobs performs the effects and brings back what became of them.
 */
import type { JobState } from '@pushy/protocol';

/**
 * Three are known to the agent alone: `checking` is `idle` on the wire, `stopping` is `running`, and `starting` is
 * `committed`, for until the order to run is written down the server may have to say it again (Decision 5).
 */
export const RUNNER_PHASES = [
  'idle',
  'checking',
  'committed',
  'starting',
  'running',
  'stopping',
] as const;
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
  /** Seconds that a run may take; absent where the server does not say. */
  readonly runTimeout?: number;
}

/** What a run has written, as it is sent. */
export interface RunOutput {
  readonly stdout: string;
  readonly stderr: string;
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
  /** That the job runs is written down. */
  | { readonly kind: 'started'; readonly jobId: string }
  /** The run is over, or could not be started: what is to be said of it stands in the spool. */
  | { readonly kind: 'ended'; readonly jobId: string }
  /** The whole process group is gone; `output`: what it had written, where the server wants to have it. */
  | { readonly kind: 'stopped'; readonly jobId: string; readonly output?: RunOutput }
  /** What an agent before this one had at hand. */
  | {
      readonly kind: 'adopted';
      readonly phase: 'committed' | 'running';
      readonly order: JobOrder;
    };

/** An answer to the server, without what every body starts with. */
export type Answer =
  | { readonly type: 'ack_commit' | 'ack_run' | 'nack_run'; readonly jobId: string | null }
  | { readonly type: 'nack_commit'; readonly jobId: string | null; readonly reason: string }
  | { readonly type: 'aborted'; readonly jobId: string | null; readonly output?: RunOutput };

export type RunnerEffect =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** Find out whether this order can be run here; take its lock. */
  | { readonly kind: 'check'; readonly order: JobOrder }
  | { readonly kind: 'start'; readonly order: JobOrder }
  /** End the whole process group of the run. */
  | { readonly kind: 'stop'; readonly jobId: string }
  /** Report how the run ended; its lock and its file are given back already. */
  | { readonly kind: 'report'; readonly jobId: string }
  /** The job is dropped: forget it, with its lock and its file, and give up a check that is still going on. */
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
    started: keep,
    ended: keep,
    stopped: keep,
    adopted: adopt,
  },
  checking: {
    commit: nackBusy,
    bad_commit: nackUnreadable,
    run: nackRun,
    abort: drop,
    accepted: ackCommit,
    refused: nackChecked,
    started: keep,
    ended: keep,
    stopped: keep,
    adopted: keep,
  },
  committed: {
    commit: nackBusy,
    bad_commit: nackUnreadable,
    run: startIfMine,
    abort: drop,
    accepted: keep,
    refused: keep,
    started: keep,
    ended: keep,
    stopped: keep,
    adopted: keep,
  },
  starting: {
    commit: nackBusy,
    bad_commit: nackUnreadable,
    run: nackOthersRun,
    abort: stop,
    accepted: keep,
    refused: keep,
    started: ackRun,
    ended: reportUnstarted,
    stopped: keep,
    adopted: keep,
  },
  running: {
    commit: nackBusy,
    bad_commit: nackUnreadable,
    run: nackRun,
    abort: stop,
    accepted: keep,
    refused: keep,
    started: keep,
    ended: report,
    stopped: keep,
    adopted: keep,
  },
  stopping: {
    commit: nackBusy,
    bad_commit: nackUnreadable,
    run: nackRun,
    // The server repeats its abort until it is answered (REFERENCE 13): one answer, when the group is gone.
    abort: keep,
    accepted: keep,
    refused: keep,
    started: keep,
    ended: keep,
    stopped: finishStop,
    adopted: keep,
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
    case 'starting':
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
    event.kind === 'started' ||
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
  return to({ phase: 'starting', order }, { kind: 'start', order });
}

/** The same word again is answered with the first. */
function nackOthersRun(state: Busy, event: EventOf<'run'>): RunnerStep {
  return state.order.jobId === event.jobId ? keep(state) : nackRun(state, event);
}

function ackRun({ order }: Busy): RunnerStep {
  const ack = answer({ type: 'ack_run', jobId: order.jobId });
  return to({ phase: 'running', order }, ack);
}

function adopt(_state: RunnerState, { phase, order }: EventOf<'adopted'>): RunnerStep {
  return to({ phase, order });
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

function finishStop({ order: { jobId } }: Busy, { output }: EventOf<'stopped'>): RunnerStep {
  const wrote = output === undefined ? {} : { output };
  return to(IDLE, { kind: 'release', jobId }, answer({ type: 'aborted', jobId, ...wrote }));
}

function ackCommit({ order }: Busy): RunnerStep {
  const ack = answer({ type: 'ack_commit', jobId: order.jobId });
  return to({ phase: 'committed', order }, ack);
}

function nackChecked({ order: { jobId } }: Busy, { reason }: EventOf<'refused'>): RunnerStep {
  return to(IDLE, { kind: 'release', jobId }, answer({ type: 'nack_commit', jobId, reason }));
}

function report({ order: { jobId } }: Busy): RunnerStep {
  return to(IDLE, { kind: 'report', jobId });
}

function reportUnstarted({ order: { jobId } }: Busy): RunnerStep {
  return to(IDLE, answer({ type: 'ack_run', jobId }), { kind: 'report', jobId });
}

function to(state: RunnerState, ...effects: RunnerEffect[]): RunnerStep {
  return { state, effects };
}

function answer(answer: Answer): RunnerEffect {
  return { kind: 'answer', answer };
}
