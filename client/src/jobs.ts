import { messageOf } from './errors.ts';
import {
  idleRunner,
  step,
  wireState,
  type Answer,
  type JobOrder,
  type RunEnd,
  type RunnerEffect,
  type RunnerEvent,
  type RunnerState,
} from './core/runner.ts';
import type { JobCheck, JobPlan } from './job-check.ts';
import type { StoredFile } from './job-file.ts';
import type { Log } from './log.ts';
import { fitOutput } from './output.ts';
import type { Command, Exit, Run } from './process/spawn.ts';

/** The host of the agent's job: the only one that holds it. Performs what the runner decides. */
export interface Jobs {
  dispatch(event: RunnerEvent): void;
  /** What heartbeats say. */
  wire(): ReturnType<typeof wireState>;
  isActive(): boolean;
  /** Calls `action` each time the last job has ended. */
  onIdle(action: () => void): void;
}

/** What the host needs. */
export interface JobsDeps {
  readonly check: (order: JobOrder) => Promise<JobCheck>;
  readonly storeFile: (contents: Buffer, plan: JobPlan) => Promise<StoredFile>;
  readonly environment: (order: JobOrder, plan: JobPlan, file?: string) => Record<string, string>;
  readonly start: (command: Command) => Run;
  /** Encoded bytes of output that the end of this job may carry. */
  readonly outputLimit: (jobId: string) => number;
  readonly answer: (answer: Answer) => void;
  readonly log: Log;
}

/** What is held for the job at hand. */
interface Active {
  /** Resolves when it is known whether the job can be run here. */
  checked: Promise<void>;
  plan?: JobPlan;
  file?: StoredFile;
  run?: Run;
  /** Resolves when the process has been started, or will not be. */
  started: Promise<void>;
  isStopping: boolean;
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
        void start(effect.order);
        return;
      case 'stop':
        void stop(effect.jobId);
        return;
      case 'release':
        release();
    }
  }

  function check(order: JobOrder): void {
    const mine: Active = {
      checked: Promise.resolve(),
      started: Promise.resolve(),
      isStopping: false,
      isReleased: false,
    };
    active = mine;
    mine.checked = checkAfter(releasing, order, mine);
  }

  async function checkAfter(released: Promise<void>, order: JobOrder, mine: Active): Promise<void> {
    const { jobId } = order;
    await released;
    // Aborted meanwhile: nobody waits for the answer.
    if (mine.isReleased) return;
    let result: JobCheck;
    try {
      result = await deps.check(order);
    } catch (error) {
      result = { ok: false, reason: `the check failed: ${messageOf(error)}` };
    }
    if (result.ok) {
      mine.plan = result.plan;
      dispatch({ kind: 'accepted', jobId });
      return;
    }
    log.warn({ jobId, reason: result.reason }, 'commit refused');
    dispatch({ kind: 'refused', jobId, reason: result.reason });
  }

  async function start(order: JobOrder): Promise<void> {
    const mine = active;
    if (mine?.plan === undefined) return;
    const { jobId } = order;
    const starting = launch(order, mine, mine.plan);
    mine.started = starting.then(() => undefined);
    const exit = await (await starting)?.exit;
    if (exit === undefined) return;
    log.info({ jobId, code: exit.code, signal: exit.signal, trouble: exit.trouble }, 'run ended');
    dispatch({ kind: 'ended', jobId, end: endOf(order, exit) });
  }

  /** Undefined when the job was stopped before its process came to be. */
  async function launch(order: JobOrder, mine: Active, plan: JobPlan): Promise<Run | undefined> {
    try {
      if (plan.file !== undefined) mine.file = await deps.storeFile(plan.file, plan);
    } catch (error) {
      return {
        exit: Promise.resolve(failure(messageOf(error))),
        kill: () => Promise.resolve(true),
      };
    }
    if (mine.isStopping) return undefined;
    mine.run = deps.start({
      line: plan.commandLine,
      env: deps.environment(order, plan, mine.file?.path),
      ...(order.dir === undefined ? {} : { dir: order.dir }),
      ...(plan.user === undefined ? {} : { user: plan.user }),
      ...(order.capture ? { captureLimit: deps.outputLimit(order.jobId) } : {}),
    });
    log.info({ jobId: order.jobId, command: order.command }, 'run started');
    return mine.run;
  }

  async function stop(jobId: string): Promise<void> {
    const mine = active;
    if (mine === undefined) return;
    mine.isStopping = true;
    await mine.started;
    const isGone = (await mine.run?.kill()) ?? true;
    if (isGone) log.info({ jobId }, 'run stopped');
    else log.error({ jobId }, 'processes of a stopped run cannot be killed');
    dispatch({ kind: 'stopped', jobId });
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
    const { plan, file } = mine;
    try {
      await Promise.all([plan?.lock?.release(), file?.remove()]);
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'the file of a job cannot be removed');
    }
  }

  function endOf(order: JobOrder, exit: Exit): RunEnd {
    const outcome = exit.code === 0 && exit.trouble === undefined ? 'succeeded' : 'failed';
    if (!order.capture) return { outcome };
    const { stdout, stderr } = exit.captured ?? { stdout: nothing(), stderr: nothing() };
    const note = exit.trouble === undefined ? '' : `pushy-client: ${exit.trouble}\n`;
    const noted = { ...stderr, tail: Buffer.concat([stderr.tail, Buffer.from(note)]) };
    const output = fitOutput({ stdout, stderr: noted }, deps.outputLimit(order.jobId));
    return { outcome, output };
  }

  return {
    dispatch,
    wire: () => wireState(state),
    isActive: () => state.phase !== 'idle',
    onIdle: (action) => {
      whenIdle.push(action);
    },
  };
}

function failure(trouble: string): Exit {
  return { code: undefined, signal: undefined, trouble, captured: undefined };
}

function nothing(): { head: Buffer; tail: Buffer; lost: number } {
  return { head: Buffer.alloc(0), tail: Buffer.alloc(0), lost: 0 };
}
