import { readdirSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import type { JobOrder } from '../core/runner.ts';
import type { JobPlan } from './job-check.ts';
import type { JobFiles, StoredFile } from '../job-file.ts';
import type { Log } from '../log.ts';
import type { Host } from '../process/host.ts';
import {
  startKeeper,
  type EarlyKeeper,
  type Keeper,
  type KeeperOrder,
  type KeeperResult,
} from '../process/keeper.ts';
import type { KillClock } from '../process/kill.ts';
import { endOfRun, whyOfRun } from '../process/run-state.ts';
import { UNWRITTEN } from '../process/run-script.ts';
import type { OsUser } from '../process/user.ts';
import { watchRun } from '../process/watch-run.ts';
import { makeNextRun } from './next-run.ts';
import type { RunRecord, Spool } from './spool.ts';

/** How long a command may run on a node, whatever the job says: 24 h in milliseconds (REFERENCE 16, J8). */
export const RUN_LIMIT_MS = 86_400_000;
/** How much longer than its job allows a run may take: where the server is there, its own word comes first. */
export const TIMEOUT_SLACK_MS = 10_000;
/** How long the keeper of a run that was ended may take to write that down, milliseconds. */
const LAST_WORDS_MS = 2000;
/** How long what it wrote last is waited for before `aborted` is said, milliseconds (A5: grace + 1 s in all). */
const LAST_OUTPUT_MS = 500;

/** A job that is written down, holds its lock and waits for the server's word. */
export interface CommittedRun {
  /** Starts it, once that is written down as well; rejects when it cannot be. */
  start(): Promise<StartedRun>;
  /** Forgets it: the lock is free then. */
  discard(): Promise<void>;
  /** Lets go of it, for the agent that comes after this one. */
  leave(): void;
}

/** How a run ended, for people. */
export interface RunOver {
  /** It was ordered, and its command never began. */
  readonly isUnstarted: boolean;
  /** As a shell says it: 128 and the number of the signal that ended it. Undefined: nobody knows. */
  readonly status?: number;
  /** Why it did not end by itself. */
  readonly why?: string;
  readonly seconds: number;
}

/** A run that goes on, whether this agent lives or not. */
export interface StartedRun {
  /** Resolves when it is over; what it left stays in the spool. */
  readonly over: Promise<RunOver>;
  /** It was ended here because the time of its job was up: the server has to say so. */
  readonly isTimedOut: () => boolean;
  /** Ends its whole process group; false: not all of it could be ended. What it wrote is in the spool then. */
  readonly kill: () => Promise<boolean>;
  /** Forgets a run that was killed. */
  discard(): Promise<void>;
}

/** A job that can be run here, or why it cannot. */
export type Committed = { ok: true; run: CommittedRun } | { ok: false; reason: string };

/** The runs of this node. */
export interface Runs {
  /** Makes ready what the next run needs and does not depend on its job; there may be a next run without it. */
  prepare(): void;
  commit(order: JobOrder, plan: JobPlan): Promise<Committed>;
  /** Holds again what an agent before this one had committed to, or was about to start. */
  resume(record: RunRecord, user: OsUser | undefined): Promise<Committed>;
  /** Writes down that a run was never started, for its result. */
  giveUp(jobId: string, why: string): Promise<void>;
  /** The run is over: its file is not needed any more. */
  removeFile(record: RunRecord): Promise<void>;
  /** Forgets what is there of it. */
  forget(record: RunRecord): Promise<void>;
  /** A run that an agent before this one has started, `sinceMs` ago. */
  adopt(record: RunRecord, sinceMs: number): StartedRun;
}

/** What the runs need. */
export interface RunsDeps {
  readonly host: Pick<Host, 'keeper' | 'processes'>;
  readonly spool: Spool;
  readonly files: JobFiles;
  readonly environment: (order: JobOrder, plan: JobPlan, file?: string) => Record<string, string>;
  /** Bytes of one file of captured output. */
  readonly room: (jobId: string) => number;
  readonly incarnationId: () => string;
  readonly bootId: () => string;
  /** Program and arguments that start a process where the end of the agent's unit does not reach it; or nothing. */
  readonly outside: (jobId: string) => readonly string[];
  readonly clock: KillClock;
  readonly log: Pick<Log, 'warn'>;
  /** Aborted when the agent ends. */
  readonly signal: AbortSignal;
}

/** Makes the runs. */
export function makeRuns(deps: RunsDeps): Runs {
  const { spool, files, clock, log, signal, host } = deps;

  const after: typeof clock.after = (ms, action) => clock.after(ms, action);
  const next = makeNextRun({ host, spool, log, signal });

  async function commit(order: JobOrder, plan: JobPlan): Promise<Committed> {
    const { jobId, command, user, dir, capture, runTimeout } = order;
    let file: StoredFile | undefined;
    let early: EarlyKeeper | undefined;
    try {
      if (plan.file !== undefined) file = await files.store(plan.file, plan.user);
      const record: RunRecord = {
        jobId,
        incarnationId: deps.incarnationId(),
        bootId: deps.bootId(),
        command,
        commandLine: plan.commandLine,
        ...(user === undefined ? {} : { user }),
        ...(dir === undefined ? {} : { dir }),
        capture,
        ...(plan.lock === undefined ? {} : { lock: plan.lock }),
        ...(file === undefined ? {} : { file: file.path }),
        ...(capture ? { room: deps.room(jobId) } : {}),
        ...(runTimeout === undefined ? {} : { runTimeout }),
      };
      const env = deps.environment(order, plan, file?.path);
      const texts = host.keeper.files(plan.commandLine, env);
      early = next.take();
      await spool.commit(record, texts, early === undefined ? undefined : next.files);
      const held = await hold(record, plan.user, file, early);
      if (!held.ok) await forget(jobId, file);
      return held;
    } catch (error) {
      early?.dismiss();
      await removeFile(jobId, file);
      return { ok: false, reason: `the job cannot be written down: ${messageOf(error)}` };
    }
  }

  async function hold(
    record: RunRecord,
    user: OsUser | undefined,
    file: StoredFile | undefined,
    early?: EarlyKeeper,
  ): Promise<Committed> {
    const { jobId, dir, lock, room } = record;
    const order: KeeperOrder = {
      spool: spool.pathOf(jobId),
      ...(dir === undefined ? {} : { dir }),
      ...(user === undefined ? {} : { user }),
      ...(lock === undefined ? {} : { lock }),
      ...(room === undefined ? {} : { room }),
    };
    const started = await startOutside(order, jobId, early);
    if (!started.ok) return { ok: false, reason: started.reason };
    return { ok: true, run: committed(record, started.keeper, file) };
  }

  async function startOutside(
    order: KeeperOrder,
    jobId: string,
    early?: EarlyKeeper,
  ): Promise<KeeperResult> {
    const outside = deps.outside(jobId);
    const started = await startKeeper(host.keeper, { ...order, outside }, after, early);
    if (started.ok || started.isHeld || outside.length === 0) return started;
    const inside = await startKeeper(host.keeper, order, after);
    // Whatever was wrong, was wrong with the way outside.
    const { reason } = started;
    if (inside.ok)
      log.warn({ jobId, reason }, 'a run will end together with the unit of the agent');
    return inside;
  }

  function committed(
    record: RunRecord,
    keeper: Keeper,
    file: StoredFile | undefined,
  ): CommittedRun {
    const { jobId } = record;
    return {
      start: async () => {
        try {
          await spool.order(jobId);
        } catch (error) {
          void keeper.dismiss();
          await giveUp(jobId, `the run could not be started: ${messageOf(error)}`);
          throw error;
        }
        keeper.go();
        return started(
          record,
          file,
          0,
          keeper.exited.then(() => settle(jobId)),
        );
      },
      discard: async () => {
        await keeper.dismiss();
        await forget(jobId, file);
      },
      leave: () => {
        void keeper.dismiss();
      },
    };
  }

  function started(
    { jobId, runTimeout }: RunRecord,
    file: StoredFile | undefined,
    sinceMs: number,
    keeper?: Promise<void>,
  ): StartedRun {
    const run = watchRun(spool.pathOf(jobId), clock, signal, keeper, host.processes);
    const limit = limitOf(runTimeout);
    let isTimedOut = false;
    const cancelLimit = clock.after(Math.max(0, limit.ms - sinceMs), () => {
      isTimedOut = limit.isOfJob;
      void endByLimit(jobId, limit.why, run.kill);
    });
    signal.addEventListener('abort', cancelLimit, { once: true });
    const began = clock.elapsed() - sinceMs;
    const over = run.over.then(async () => {
      const seconds = (clock.elapsed() - began) / 1000;
      cancelLimit();
      signal.removeEventListener('abort', cancelLimit);
      const end = await howItEnded(jobId);
      await removeFile(jobId, file);
      return { ...end, seconds };
    });
    return {
      over,
      isTimedOut: () => isTimedOut,
      kill: async () => {
        const isGone = await run.kill();
        if (isGone) await within(over, LAST_OUTPUT_MS);
        return isGone;
      },
      discard: async () => {
        await within(over, LAST_WORDS_MS);
        await forget(jobId, file);
      },
    };
  }

  /** A keeper that was killed between the word and the start leaves a run that nobody would start any more. */
  async function settle(jobId: string): Promise<void> {
    if (signal.aborted) return;
    try {
      if (await spool.claim(jobId)) {
        await giveUp(jobId, 'the run was not started: its keeper was killed before it could be');
      }
    } catch (error) {
      log.warn({ jobId, error: messageOf(error) }, 'the end of a run cannot be written down');
    }
  }

  async function endByLimit(
    jobId: string,
    why: string,
    kill: () => Promise<boolean>,
  ): Promise<void> {
    try {
      await spool.note(jobId, why);
    } catch (error) {
      log.warn({ jobId, error: messageOf(error) }, 'the end of a run cannot be written down');
    }
    await kill();
  }

  /** This agent lived and saw the end, so it was not what took the run along: what is not known is written down. */
  async function howItEnded(jobId: string): Promise<Omit<RunOver, 'seconds'>> {
    const dir = spool.pathOf(jobId);
    try {
      const names = readdirSync(dir);
      const end = endOfRun(names);
      const isUnstarted = !names.includes('leader') || end?.how === UNWRITTEN;
      let why = whyOfRun(dir, names);
      if (why === undefined && end === undefined) {
        why = 'the keeper of the run was killed: nobody knows how it ended';
        await spool.note(jobId, why);
      }
      const status = end === undefined ? {} : { status: end.status };
      return { isUnstarted, ...status, ...(why === undefined ? {} : { why }) };
    } catch (error) {
      log.warn({ jobId, error: messageOf(error) }, 'the end of a run cannot be written down');
      return { isUnstarted: false };
    }
  }

  async function giveUp(jobId: string, why: string): Promise<void> {
    try {
      await spool.giveUp(jobId, why);
    } catch (error) {
      log.warn({ jobId, error: messageOf(error) }, 'the end of a run cannot be written down');
    }
  }

  async function forget(jobId: string, file: StoredFile | undefined): Promise<void> {
    await removeFile(jobId, file);
    try {
      await spool.remove(jobId);
    } catch (error) {
      log.warn({ jobId, error: messageOf(error) }, 'the spool of a run cannot be removed');
    }
  }

  async function removeFile(jobId: string, file: StoredFile | undefined): Promise<void> {
    try {
      await file?.remove();
    } catch (error) {
      log.warn({ jobId, error: messageOf(error) }, 'the file of a job cannot be removed');
    }
  }

  async function within(end: Promise<unknown>, ms: number): Promise<void> {
    let cancel: () => void = () => undefined;
    const late = new Promise<void>((done) => {
      cancel = clock.after(ms, done);
    });
    await Promise.race([end, late]);
    cancel();
  }

  const fileOf = ({ file }: RunRecord): StoredFile | undefined =>
    file === undefined ? undefined : files.adopt(file);

  return {
    prepare: () => {
      // A scope is named after its job.
      if (deps.outside('').length === 0) next.prepare();
    },
    commit,
    giveUp,
    removeFile: (record) => removeFile(record.jobId, fileOf(record)),
    forget: (record) => forget(record.jobId, fileOf(record)),
    resume: (record, user) => hold(record, user, fileOf(record)),
    adopt: (record, sinceMs) => started(record, fileOf(record), sinceMs),
  };
}

/** How long a run may take; `isOfJob`: by the word of the server. */
function limitOf(runTimeout = Infinity): { ms: number; isOfJob: boolean; why: string } {
  const ms = runTimeout * 1000 + TIMEOUT_SLACK_MS;
  if (ms >= RUN_LIMIT_MS) {
    const why = `ended by the agent after ${RUN_LIMIT_MS / 1000} s`;
    return { ms: RUN_LIMIT_MS, isOfJob: false, why };
  }
  const why = `ended by the agent: the ${runTimeout} s that its job allows were over`;
  return { ms, isOfJob: true, why };
}
