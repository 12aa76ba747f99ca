import { messageOf } from '../errors.ts';
import {
  idleRunner,
  step,
  wireState,
  type Answer,
  type JobOrder,
  type RunOutput,
  type RunnerEffect,
  type RunnerEvent,
  type RunnerState,
} from '../core/runner.ts';
import type { JobCheck } from './job-check.ts';
import type { Log } from '../log.ts';
import { constants } from 'node:os';
import type { Committed, CommittedRun, RunOver, Runs, StartedRun } from './runs.ts';

/** The host of the agent's job: the only one that holds it. Performs what the runner decides. */
export interface Jobs {
  dispatch(event: RunnerEvent): void;
  /** Takes up what an agent before this one had at hand. */
  adopt(order: JobOrder, held: Held): void;
  /** What heartbeats say. */
  wire(): ReturnType<typeof wireState>;
  isActive(): boolean;
  /** Calls `action` each time the last job has ended. */
  onIdle(action: () => void): void;
  /** Lets go of a job that has not started, for the agent that comes after this one. */
  leave(): void;
}

/** A job that is committed, or one that runs. */
export type Held =
  | { readonly kind: 'committed'; readonly run: CommittedRun }
  | { readonly kind: 'running'; readonly run: StartedRun };

/** What the host needs. */
export interface JobsDeps {
  readonly check: (order: JobOrder) => Promise<JobCheck>;
  readonly runs: Pick<Runs, 'commit'>;
  readonly answer: (answer: Answer) => void;
  /** What a run had written that was stopped; undefined: it is not sent. */
  readonly outputOf: (jobId: string) => Promise<RunOutput | undefined>;
  /** A run is over: how, is in the spool. */
  readonly report: (jobId: string) => void;
  readonly log: Log;
}

/** What is held for the job at hand. */
interface Active {
  /** Resolves when it is known whether the job can be run here. */
  checked: Promise<void>;
  committed?: CommittedRun;
  started?: StartedRun;
  /** Resolves when the run has been started, or will not be. */
  starting: Promise<void>;
  isReleased: boolean;
}

/** Makes the host, idle. */
export function makeJobs(deps: JobsDeps): Jobs {
  const { log } = deps;
  let state: RunnerState = idleRunner();
  let active: Active | undefined;
  /** The lock and the file of the last job are given back before the next one is checked. */
  let releasing: Promise<void> = Promise.resolve();
  const whenIdle: (() => void)[] = [];

  function dispatch(event: RunnerEvent): void {
    const before = state.phase;
    const next = step(state, event);
    state = next.state;
    for (const effect of next.effects) perform(effect);
    if (before !== 'idle' && next.state.phase === 'idle') for (const action of whenIdle) action();
  }

  function perform(effect: RunnerEffect): void {
    switch (effect.kind) {
      case 'answer':
        deps.answer(effect.answer);
        return;
      case 'check':
        check(effect.order);
        return;
      case 'start':
        start(effect.order);
        return;
      case 'stop':
        void stop(effect.jobId);
        return;
      case 'report':
        deps.report(effect.jobId);
        active = undefined;
        return;
      case 'release':
        release();
    }
  }

  function check(order: JobOrder): void {
    const mine = hold();
    mine.checked = checkAfter(releasing, order, mine);
  }

  function hold(): Active {
    const nothing = Promise.resolve();
    active = { checked: nothing, starting: nothing, isReleased: false };
    return active;
  }

  async function checkAfter(released: Promise<void>, order: JobOrder, mine: Active): Promise<void> {
    const { jobId } = order;
    await released;
    // Aborted meanwhile: nobody waits for the answer.
    if (mine.isReleased) return;
    let result: Committed;
    try {
      const checked = await deps.check(order);
      result = checked.ok ? await deps.runs.commit(order, checked.plan) : checked;
    } catch (error) {
      result = { ok: false, reason: `the check failed: ${messageOf(error)}` };
    }
    if (result.ok) {
      mine.committed = result.run;
      dispatch({ kind: 'accepted', jobId });
      return;
    }
    log.warn({ jobId, reason: result.reason }, 'commit refused');
    dispatch({ kind: 'refused', jobId, reason: result.reason });
  }

  function start(order: JobOrder): void {
    const mine = active;
    if (mine?.committed === undefined) return;
    mine.starting = launch(order, mine, mine.committed);
  }

  async function launch(order: JobOrder, mine: Active, run: CommittedRun): Promise<void> {
    const { jobId, command } = order;
    try {
      mine.started = await run.start();
    } catch (error) {
      log.warn({ jobId, why: messageOf(error) }, 'run not started');
      dispatch({ kind: 'ended', jobId });
      return;
    }
    log.info({ jobId, command }, 'run started');
    dispatch({ kind: 'started', jobId });
    void follow(jobId, mine.started);
  }

  async function follow(jobId: string, run: StartedRun): Promise<void> {
    const end = await run.over;
    const { isUnstarted, why } = end;
    if (isUnstarted) log.warn({ jobId, why }, 'run not started');
    else log.info({ jobId, ...fieldsOf(end) }, 'run ended');
    if (run.isTimedOut()) {
      // To its job the node is `timed_out`, which the server alone says: what it says is abort (REFERENCE 12).
      log.warn({ jobId }, 'the time of the run was up and the server was not heard: ended');
      return;
    }
    dispatch({ kind: 'ended', jobId });
  }

  async function stop(jobId: string): Promise<void> {
    const mine = active;
    if (mine === undefined) return;
    await mine.starting;
    const isGone = (await mine.started?.kill()) ?? true;
    if (isGone) log.info({ jobId }, 'run stopped');
    else log.error({ jobId }, 'processes of a stopped run cannot be killed');
    const output = mine.started === undefined ? undefined : await deps.outputOf(jobId);
    dispatch({ kind: 'stopped', jobId, ...(output === undefined ? {} : { output }) });
  }

  function release(): void {
    const mine = active;
    active = undefined;
    if (mine === undefined) return;
    mine.isReleased = true;
    releasing = giveBack(mine);
  }

  async function giveBack(mine: Active): Promise<void> {
    // A check that is still going on may take the lock yet.
    await mine.checked;
    await (mine.started ?? mine.committed)?.discard();
  }

  return {
    dispatch,
    adopt: (order, held) => {
      const mine = hold();
      if (held.kind === 'committed') mine.committed = held.run;
      else mine.started = held.run;
      dispatch({ kind: 'adopted', phase: held.kind, order });
      if (held.kind === 'running') void follow(order.jobId, held.run);
    },
    wire: () => wireState(state),
    isActive: () => state.phase !== 'idle',
    onIdle: (action) => {
      whenIdle.push(action);
    },
    leave: () => {
      if (state.phase === 'committed') active?.committed?.leave();
    },
  };
}

/** How a run ended, in a line of the log. */
function fieldsOf({ status: exitCode, why, seconds }: RunOver): Record<string, unknown> {
  const [signal] =
    Object.entries(constants.signals).find(([, number]) => 128 + number === exitCode) ?? [];
  return {
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    seconds: Math.round(seconds * 10) / 10,
    ...(why === undefined ? {} : { why }),
  };
}
