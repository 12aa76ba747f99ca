import type { JobOrder } from '../core/runner.ts';
import { messageOf } from '../errors.ts';
import type { JobCheck } from './job-check.ts';
import type { Held } from './jobs.ts';
import type { Log } from '../log.ts';
import type { RunState } from '../process/run-state.ts';
import type { CommittedRun, Runs } from './runs.ts';
import type { RunRecord } from './spool.ts';

/** What takes up the runs of agents before this one. */
export interface AdoptDeps {
  readonly bootId: string;
  readonly runs: Pick<Runs, 'resume' | 'adopt' | 'giveUp' | 'forget'>;
  /** Looks at the directory of a run. */
  readonly stateOf: (jobId: string) => Promise<RunState>;
  /** Milliseconds since a run was started. */
  readonly ageOf: (jobId: string) => Promise<number>;
  readonly check: (order: JobOrder) => Promise<JobCheck>;
  /** Takes the one job that an agent may have at hand. */
  readonly take: (record: RunRecord, order: JobOrder, held: Held) => void;
  /** The run is over: its result is to be sent. */
  readonly report: (record: RunRecord) => Promise<void>;
  readonly pause: (ms: number) => Promise<void>;
  readonly log: Log;
}

/** How often, and how many milliseconds apart, a keeper of the agent before this one is waited for. */
const TRIES = 20;
const PAUSE_MS = 100;

/** Takes up every run that the spool holds: adopts what lives, reports what has ended, forgets what cannot be. */
export async function adoptRuns(records: readonly RunRecord[], deps: AdoptDeps): Promise<void> {
  let isTaken = false;
  for (const record of records) {
    const held = await adoptOrSay(record, deps);
    if (held === undefined) continue;
    if (!isTaken) {
      isTaken = true;
      deps.take(record, orderOf(record), held);
    } else if (held.kind === 'running') {
      void held.run.over.then(() => deps.report(record));
    } else await held.run.discard();
  }
}

/** A run that cannot be looked at stays where it is, and stops nobody. */
async function adoptOrSay(record: RunRecord, deps: AdoptDeps): Promise<Held | undefined> {
  try {
    return await adoptRun(record, deps);
  } catch (error) {
    const fields = { jobId: record.jobId, error: messageOf(error) };
    deps.log.error(fields, 'a run of the agent before this one cannot be looked at');
    return undefined;
  }
}

/** What is at hand after that; undefined for a run that is over. */
async function adoptRun(record: RunRecord, deps: AdoptDeps): Promise<Held | undefined> {
  const { jobId } = record;
  const { log } = deps;
  if (record.bootId !== deps.bootId) return reportRebooted(record, deps);
  let reason = '';
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const state = await deps.stateOf(jobId);
    switch (state.kind) {
      case 'running': {
        log.info({ jobId }, 'a run of the agent before this one is adopted');
        return { kind: 'running', run: deps.runs.adopt(record, await deps.ageOf(jobId)) };
      }
      case 'ended':
        log.info({ jobId }, 'a run has ended without its agent');
        await deps.report(record);
        return undefined;
      case 'lost':
        // Seen twice: a keeper that has just begun has not yet written who it is.
        if (attempt === 0) break;
        log.warn({ jobId }, 'a run was killed together with its agent');
        await deps.report(record);
        return undefined;
      case 'committed':
      case 'ordered': {
        const held = await resume(record, deps);
        if (held.ok) return takeUp(record, state.kind, held.run, deps);
        ({ reason } = held);
        if (held.isFinal) return giveUp(record, reason, deps);
      }
    }
    // The keeper of the agent before this one may still hold the lock.
    await deps.pause(PAUSE_MS);
  }
  return giveUp(record, reason, deps);
}

/** The same command line as at the commit, or nothing: what the whitelist says now counts. */
async function resume(
  record: RunRecord,
  deps: AdoptDeps,
): Promise<{ ok: true; run: CommittedRun } | { ok: false; reason: string; isFinal: boolean }> {
  const checked = await deps.check(orderOf(record));
  if (!checked.ok) return { ...checked, isFinal: true };
  if (checked.plan.commandLine !== record.commandLine) {
    return { ok: false, reason: 'the whitelist has changed', isFinal: true };
  }
  const held = await deps.runs.resume(record, checked.plan.user);
  return held.ok ? held : { ...held, isFinal: false };
}

async function takeUp(
  record: RunRecord,
  kind: 'committed' | 'ordered',
  run: CommittedRun,
  { log, report }: AdoptDeps,
): Promise<Held | undefined> {
  const { jobId } = record;
  log.info({ jobId, was: kind }, 'a job of the agent before this one is taken up');
  if (kind === 'committed') return { kind, run };
  try {
    return { kind: 'running', run: await run.start() };
  } catch (error) {
    log.warn({ jobId, why: messageOf(error) }, 'run not started');
    await report(record);
    return undefined;
  }
}

async function giveUp(
  record: RunRecord,
  reason: string,
  deps: AdoptDeps,
): Promise<Held | undefined> {
  const { jobId } = record;
  deps.log.warn({ jobId, reason }, 'a job of the agent before this one cannot be taken up');
  if ((await deps.stateOf(jobId)).kind === 'committed') {
    await deps.runs.forget(record);
    return undefined;
  }
  await deps.runs.giveUp(
    jobId,
    `the agent was restarted before the run was started, which cannot be any more: ${reason}`,
  );
  await deps.report(record);
  return undefined;
}

async function reportRebooted(record: RunRecord, deps: AdoptDeps): Promise<undefined> {
  const { jobId } = record;
  // Nothing was started before that, and nobody waits for it any more.
  if ((await deps.stateOf(jobId)).kind === 'committed') {
    await deps.runs.forget(record);
    return undefined;
  }
  deps.log.warn({ jobId }, 'a run of before the reboot is reported');
  await deps.report(record);
  return undefined;
}

function orderOf({ jobId, command, user, dir, capture, runTimeout }: RunRecord): JobOrder {
  return {
    jobId,
    command,
    capture,
    ...(user === undefined ? {} : { user }),
    ...(dir === undefined ? {} : { dir }),
    ...(runTimeout === undefined ? {} : { runTimeout }),
  };
}
