import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { adoptRuns } from './jobs/adopt.ts';
import { sleep, type Clock } from './clock.ts';
import type { AgentSettings } from './config.ts';
import type { Answer, JobOrder, RunnerEvent, RunOutput } from './core/runner.ts';
import { checkOrder, type JobCheck } from './jobs/job-check.ts';
import { messageOf } from './errors.ts';
import { jobEnvironment } from './jobs/job-env.ts';
import { makeJobFiles } from './job-file.ts';
import { makeJobs, type Jobs } from './jobs/jobs.ts';
import type { Log } from './log.ts';
import type { Draft } from './link/outbox.ts';
import { hostHere, type Host } from './process/host.ts';
import { bootId } from './process/proc.ts';
import { runState } from './process/run-state.ts';
import { inScope, scopeNeed, type ScopeNeed } from './process/scope.ts';
import { ownUserId } from './process/user.ts';
import { draftOfResult, makeResults, withResults, type Results } from './jobs/results.ts';
import { readResult, readStopped } from './jobs/run-result.ts';
import { makeRuns } from './jobs/runs.ts';
import { makeSpool, type RunRecord } from './jobs/spool.ts';
import type { Whitelist } from './whitelist.ts';

/** What the work of a node needs. */
export interface WorkDeps {
  readonly settings: AgentSettings;
  readonly whitelist: Pick<Whitelist, 'lookUp'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly post: (draft: Draft) => void;
  /** Bytes that the server leaves for the values of `stdout` and `stderr` in this message. */
  readonly roomFor: (draft: Draft) => number;
  /** Aborted when the agent ends. */
  readonly signal: AbortSignal;
  /** The system; this one when it is not said. */
  readonly host?: Host;
}

/** The jobs of a node: the one at hand, those whose result is on its way, and what is left of both on disk. */
export interface Work extends Pick<Jobs, 'isActive' | 'onIdle' | 'wire' | 'leave'> {
  /** Takes up what agents before this one have left, before anything is said to the server. */
  open(): Promise<void>;
  /** Of this agent, or of the one whose run it has adopted (Decision 4). */
  incarnationId(): string;
  dispatch(event: RunnerEvent): void;
  /** A configuration was received: what the server can do beyond the protocol of the reference. */
  agreed(capabilities: readonly string[]): void;
  readonly results: Pick<Results, 'acknowledged' | 'connected' | 'beat'>;
  /** Removes expired files of jobs; gives their number. */
  sweep(): Promise<number>;
}

/** A file of captured output has at least so many bytes, whatever the server takes now: it may take more later. */
const LEAST_ROOM = 65_536;

/** From the end of a job, or the start of the agent, until the next run is made ready, milliseconds. */
const PREPARE_MS = 3000;

/** Puts the work together. */
export function makeWork(deps: WorkDeps): Work {
  const { settings, clock, log, signal, host = hostHere() } = deps;
  const files = makeJobFiles(settings.fileDir, ownUserId(), log);
  const spool = makeSpool(
    join(settings.stateDir, 'spool'),
    ownUserId(),
    log,
    host.syncsDirectories,
  );
  let incarnation: string = randomUUID();
  let boot = 'unknown';
  let need: ScopeNeed = 'needless';
  let sendsStopped = false;
  /** Results whose output was cut, and that was said. */
  const cut = new Set<string>();

  const runs = makeRuns({
    host,
    spool,
    files,
    environment: (order, { user }, file) =>
      jobEnvironment({
        node: settings.nodeName,
        jobId: order.jobId,
        base: settings.environment,
        job: order.env ?? {},
        foldsNames: host.foldsNames,
        ...(file === undefined ? {} : { file }),
        ...(user === undefined ? {} : { user }),
        ...(settings.allowedEnv === undefined ? {} : { allowed: settings.allowedEnv }),
      }),
    room: (jobId) => Math.max(LEAST_ROOM, outputLimit(jobId)),
    incarnationId: () => incarnation,
    bootId: () => boot,
    outside: (jobId) => (need === 'scope' ? inScope(jobId) : []),
    clock,
    log,
    signal,
  });

  let cancelPreparing = (): void => undefined;
  signal.addEventListener('abort', () => {
    cancelPreparing();
  });

  /** Once the machine has come to rest: what is made ready is for the run after this one. */
  function prepareLater(): void {
    cancelPreparing();
    cancelPreparing = clock.after(PREPARE_MS, () => {
      if (!jobs.isActive()) runs.prepare();
    });
  }

  const results = makeResults({
    read: async (jobId) => {
      const record = await spool.find(jobId);
      if (record === undefined) return undefined;
      const { capture, bootId } = record;
      const settings = { capture, isRebooted: bootId !== boot, limit: outputLimit(jobId) };
      const onCut = (keptBytes: number): void => {
        sayCut(jobId, keptBytes);
      };
      return readResult(spool.pathOf(jobId), { ...settings, onCut });
    },
    post: deps.post,
    remove: (jobId) => {
      cut.delete(jobId);
      return spool.remove(jobId);
    },
    log,
  });

  const jobs = makeJobs({
    check: async (order) =>
      results.isFull()
        ? { ok: false, reason: 'too many results wait for their acknowledgement' }
        : check(order),
    runs,
    answer: (answer) => {
      deps.post(draftOfAnswer(answer));
    },
    outputOf,
    report: (jobId) => {
      results.add(jobId);
    },
    log,
  });

  jobs.onIdle(prepareLater);

  function check(order: JobOrder): Promise<JobCheck> {
    return checkOrder(order, {
      lookUp: (command) => deps.whitelist.lookUp(command),
      findUser: (name) => host.findUser(name),
      cannotBecome: (user) => host.cannotBecome(user),
      isDirectory,
      chefLockFile: settings.lockFile,
    });
  }

  /** Once, however often the result is sent. */
  function sayCut(jobId: string, keptBytes: number): void {
    if (cut.has(jobId)) return;
    cut.add(jobId);
    const { maxBodySize } = settings;
    const fields = { jobId, keptBytes, limit: outputLimit(jobId), max_body_size: maxBodySize };
    log.warn(fields, 'the output of a run was cut: its head and its tail are kept');
  }

  async function outputOf(jobId: string): Promise<RunOutput | undefined> {
    if (!sendsStopped) return undefined;
    try {
      const record = await spool.find(jobId);
      if (record?.capture !== true) return undefined;
      return readStopped(spool.pathOf(jobId), outputLimit(jobId), (keptBytes) => {
        sayCut(jobId, keptBytes);
        cut.delete(jobId);
      });
    } catch (error) {
      log.warn({ jobId, error: messageOf(error) }, 'the output of a stopped run cannot be read');
      return undefined;
    }
  }

  function outputLimit(jobId: string): number {
    const output = { stdout: '', stderr: '' };
    const frame = draftOfResult(jobId, { outcome: 'succeeded', output });
    return Math.min(settings.maxBodySize, deps.roomFor(frame));
  }

  async function report(record: RunRecord): Promise<void> {
    incarnation = record.incarnationId;
    await runs.removeFile(record);
    results.add(record.jobId);
  }

  return {
    open: async () => {
      [boot, need] = await Promise.all([bootId(), scopeNeed()]);
      if (need === 'helpless') {
        log.warn({}, 'runs will end together with the unit of the agent: there is no systemd-run');
      }
      const records = await spool.open();
      await adoptRuns(records, {
        bootId: boot,
        runs,
        stateOf: (jobId) => runState(spool.pathOf(jobId), host.processes),
        ageOf: async (jobId) =>
          clock.now() - (await stat(join(spool.pathOf(jobId), 'supervisor'))).mtimeMs,
        check,
        take: (record, order, held) => {
          incarnation = record.incarnationId;
          jobs.adopt(order, held);
        },
        report,
        pause: (ms) => sleep(clock, ms, signal),
        log,
      });
      prepareLater();
    },
    incarnationId: () => incarnation,
    agreed: (capabilities) => {
      sendsStopped = capabilities.includes('stopped_output');
      results.open(capabilities.includes('result_ack'));
    },
    dispatch: (event) => {
      jobs.dispatch(event);
    },
    wire: () => withResults(jobs.wire(), results),
    isActive: () => jobs.isActive(),
    onIdle: (action) => {
      jobs.onIdle(action);
    },
    leave: () => {
      jobs.leave();
    },
    results,
    sweep: () => files.sweep(clock.now(), settings.fileDirExpiryMs),
  };
}

/** An answer with its members in the order of REFERENCE 15.6. */
export function draftOfAnswer(answer: Answer): Draft {
  const { type, jobId } = answer;
  const reason = answer.type === 'nack_commit' ? { reason: answer.reason } : {};
  const { stdout, stderr } = (answer.type === 'aborted' ? answer.output : undefined) ?? {};
  const output = stdout === undefined ? {} : { stdout, stderr };
  return { type, members: { job_id: jobId, ...reason, ...output } };
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
