import type { Frames, NodeAvailability, NodeState } from '@pushy/protocol';
import type { Clock } from '../clock.ts';
import type { FeedEvent } from '../core/feed-event.ts';
import type { JobChanges, NewJob } from '../core/job-record.ts';
import type { Bus } from './bus.ts';
import type { Log } from './log.ts';

/** Where jobs are kept. Both settle within a deadline of their own; a rejection means: not durable. */
export interface JobStore {
  /** Stores a job with status `voting` and its nodes with status `new`, in one statement. */
  createJob(job: NewJob): Promise<void>;
  /** One transaction: outputs (a second one for a job and node is ignored, J2), then nodes, then jobs. */
  saveChanges(changes: JobChanges): Promise<void>;
}

/** Sends to one connection of the ROUTER; a bounded queue is behind it. Must not throw. */
export interface FrameSender {
  send(address: Buffer, frames: Frames): void;
}

/** The key that signs all messages between the server and a node. Asked for every message: a look-up. */
export interface SessionKeys {
  of(orgId: string, node: string): Buffer;
}

/** From an organization's name to its guid. */
export interface Organizations {
  /** The answer that is remembered, if any. Asked for every message: a look-up. */
  known(name: string): string | undefined;
  /** Asks the directory, with a deadline of its own; undefined: no such organization. */
  resolve(name: string): Promise<string | undefined>;
}

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

export interface DispatcherDeps {
  settings: DispatcherSettings;
  clock: Clock;
  log: Log;
  store: JobStore;
  sender: FrameSender;
  sessionKeys: SessionKeys;
  organizations: Organizations;
  bus: Bus;
  random: Random;
  /** Hears every event of every job, in order; `job_complete` after the job's end is durable. Must not throw. */
  onEvent?: (jobId: string, orgId: string, event: FeedEvent) => void;
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
  /** Stops a whole job, or some of its nodes; false when no such job is in flight (Decision 8). */
  stop(jobId: string, nodes?: readonly string[]): boolean;
  /**
   * Resolves when everything that was decided so far is durable (Decision 1). Rejects when the store
   * fails meanwhile (the changes are kept and tried again) or does not answer in time.
   */
  flushed(): Promise<void>;
  /** Ids of jobs in memory, those inside wait_complete_time included (REFERENCE 8.1, `job_processes`). */
  inMemory(): string[];
}

/** Which nodes are there (REFERENCE 8.7, 8.8). */
export interface Presence {
  list(orgId: string): NodeAvailability[];
  get(orgId: string, node: string): NodeState;
  /** Tracked nodes of all organizations (REFERENCE 8.1, `node_fsm_count`). */
  count(): number;
}

export interface Dispatcher {
  jobs: Jobs;
  presence: Presence;
  /** From the ROUTER: a connection's address and the frames after it. Never throws, never rejects. */
  onFrames(address: Buffer, frames: readonly Buffer[]): void;
  /** Ends all timers, refuses all further work, saves the last changes (waits at most 5 s for the store). */
  stop(): Promise<void>;
}

/** The heart: both hosts over one bus. Not running anything before its first call. */
export function makeDispatcher(deps: DispatcherDeps): Dispatcher {
  throw new Error(`makeDispatcher is being built (${deps.settings.serverName})`);
}
