import type { Clock } from '../clock.ts';
import type { NewJob, UnfinishedJob } from '../core/job-record.ts';
import type { Admitted } from './admitted.ts';
import type { Bus } from './bus.ts';
import type { EventLog } from './event-log.ts';
import type { SessionKeys } from './inbox.ts';
import { makeJobHost } from './job-host.ts';
import { makeJobId } from './job-id.ts';
import { makeLateResults, type OutputQuestions } from './late-results.ts';
import type { Log } from './log.ts';
import { NO_COUNTS, type MessageCounts } from './message-counts.ts';
import { makeNodeHost } from './node-host.ts';
import type { Organizations } from './org-gate.ts';
import type { FrameSender } from './outbox.ts';
import type { Presence } from './presence-view.ts';
import { makeSaver, type ChangeStore, type EventReaders } from './saver.ts';
import type { JobCreator } from './store-job.ts';

export type { EventLog, EventReaders, FrameSender, Log, Organizations, Presence, SessionKeys };

/** Where jobs are kept. All settle within a deadline of their own; a rejection means: not durable. */
export type JobStore = JobCreator & ChangeStore & OutputQuestions;

/** Randomness as an argument. */
export interface Random {
  bytes(count: number): Buffer;
  /** Uniform in [0, 1). */
  fraction(): number;
}

/** Milliseconds, unless said otherwise (REFERENCE 1). */
export interface DispatcherSettings {
  heartbeatInterval: number;
  downThreshold: number;
  /** Intervals. */
  decayWindow: number;
  /** Heartbeat intervals between two scans. */
  detectOfflineNodesInterval: number;
  /** The first wait before an abort is sent again; then it doubles (N4). */
  rehabTimer: number;
  /** The longest such wait; default: four heartbeat intervals. */
  rehabTimerMax?: number;
  votingTimeout: number;
  /** How long a stopped node may take to say `aborted`; default 30 s (Decision 8). */
  abortTimeout?: number;
  /** How long a finished job stays in memory. */
  waitCompleteTime: number;
  /** Bytes. */
  maxBodySize: number;
  maxTimeSkew: number;
  /** The member `server` of a commit. */
  serverName: string;
}

export interface DispatcherDeps extends Admitted {
  settings: DispatcherSettings;
  clock: Clock;
  log: Log;
  store: JobStore;
  sender: FrameSender;
  sessionKeys: SessionKeys;
  organizations: Organizations;
  bus: Bus;
  /** Without it messages are not counted. */
  counts?: MessageCounts;
  random: Random;
  /** Hears every event of every job, in order, and hears again when they are durable. */
  feeds: EventLog & EventReaders;
}

/** Starting jobs, and what is known of those in memory. */
export interface Jobs {
  /** A fresh job id for an organization (REFERENCE 10). */
  newId(orgId: string): string;
  /**
   * Stores the job, starts it, hands the commits to the socket, then resolves (REFERENCE 8.3, last paragraph).
   * Rejects with the store's error when the job is not durable; it is not started then.
   */
  start(job: NewJob): Promise<void>;
  /** Jobs of the previous run go on (Decision 3). Before any frame comes. */
  resume(jobs: readonly UnfinishedJob[]): void;
  /**
   * Stops a whole job, or some of its nodes (Decision 8); false when no such job is in flight. Resolves when the
   * request is durable; rejects like `flushed`.
   */
  stop(jobId: string, nodes?: readonly string[]): Promise<boolean>;
  /** A finished job that is still in memory is dropped at once: it was deleted. */
  forget(jobId: string): void;
  /**
   * Resolves when everything that was decided so far is durable (Decision 1). Rejects when the store
   * fails meanwhile (the changes are kept and tried again) or does not answer in time.
   */
  flushed(): Promise<void>;
  /** Ids of jobs in memory, those inside wait_complete_time included (REFERENCE 8.1, `job_processes`). */
  inMemory(): string[];
}

export interface Dispatcher {
  jobs: Jobs;
  presence: Presence;
  /** The node is removed: it is unavailable at once, and jobs that watch it get `down`. */
  dropNode(orgId: string, node: string): void;
  /** From the ROUTER: a connection's address and the frames after it. Never throws, never rejects. */
  onFrames(address: Buffer, frames: readonly Buffer[]): void;
  /** Ends all timers, refuses all further work, saves the last changes (waits at most 5 s for the store). */
  stop(): Promise<void>;
}

/** The heart: both hosts over one bus, with one writer of changes. Scans begin at once. */
export function makeDispatcher(deps: DispatcherDeps): Dispatcher {
  const { clock, log, store, bus, random, feeds } = deps;
  const settings = {
    rehabTimerMax: 4 * deps.settings.heartbeatInterval,
    abortTimeout: 30_000,
    ...deps.settings,
  };
  const saver = makeSaver({ clock, log, store, feeds });
  const nodes = makeNodeHost({
    ...deps,
    settings,
    counts: deps.counts ?? NO_COUNTS,
    saveOutput: (output) => saver.output(output),
    saveLateOutput: makeLateResults({ log, store, saver }),
    fraction: () => random.fraction(),
  });
  const jobs = makeJobHost({ settings, clock, log, store, saver, bus, feeds });
  let stopped = false;

  return {
    jobs: {
      newId: (orgId) => makeJobId(orgId, random.bytes(38)),
      start: (job) => jobs.start(job),
      resume: (unfinished) => {
        jobs.resume(unfinished);
      },
      stop: (jobId, names) => jobs.stopJob(jobId, names),
      forget: (jobId) => {
        jobs.forget(jobId);
      },
      flushed: () => saver.flushed(),
      inMemory: () => jobs.inMemory(),
    },
    presence: nodes.presence,
    dropNode(orgId, node) {
      nodes.dropNode(orgId, node);
    },
    onFrames(address, frames) {
      if (stopped) return;
      try {
        nodes.onFrames(address, frames);
      } catch (error) {
        log.error({ err: error }, 'a message could not be read');
      }
    },
    async stop() {
      stopped = true;
      nodes.stop();
      jobs.stop();
      await saver.stop();
    },
  };
}
