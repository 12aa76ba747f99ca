import type { Clock } from '../clock.ts';
import type { JobEffect } from '../core/effects.ts';
import type { FeedEvent } from '../core/feed-event.ts';
import { startEvent } from '../core/feed-event.ts';
import {
  isLive,
  makeLiveJob,
  makeResumedJob,
  step,
  type JobEvent,
  type LiveJob,
} from '../core/job.ts';
import type { NewJob, UnfinishedJob } from '../core/job-record.ts';
import { commitTail } from './bodies.ts';
import type { Bus } from './bus.ts';
import type { EventLog } from './event-log.ts';
import { makeJobTimers, type JobTimers } from './job-timers.ts';
import type { Log } from './log.ts';
import type { NodeCommand, NodeReport } from './records.ts';
import type { Saver } from './saver.ts';
import { storeJob, type JobCreator } from './store-job.ts';

/** Milliseconds, unless said otherwise (REFERENCE 1). */
export interface JobHostSettings {
  heartbeatInterval: number;
  votingTimeout: number;
  /** How long a stopped node may take to say `aborted` (Decision 8). */
  abortTimeout: number;
  /** How long a finished job stays in memory. */
  waitCompleteTime: number;
  /** The member `server` of a commit. */
  serverName: string;
}

/** What the host of jobs needs. */
export interface JobHostDeps {
  settings: JobHostSettings;
  clock: Clock;
  log: Log;
  store: JobCreator;
  saver: Pick<
    Saver,
    | 'nodes'
    | 'job'
    | 'event'
    | 'stopRequest'
    | 'flush'
    | 'durable'
    | 'kept'
    | 'flushed'
    | 'outage'
    | 'away'
  >;
  bus: Bus;
  feeds: EventLog;
}

export interface JobHost {
  start(job: NewJob): Promise<void>;
  resume(jobs: readonly UnfinishedJob[]): void;
  stopJob(jobId: string, nodes?: readonly string[]): Promise<boolean>;
  forget(jobId: string): void;
  inMemory(): string[];
  stop(): void;
}

/** The number of the lease, until there are leases: one instance coordinates every job. */
const ONLY_FENCE = 1;
/** Milliseconds that a start waits for the host of nodes to hand the commits over. */
const HAND_OVER = 2000;
/**
 * Heartbeat intervals in which a node must be heard after a restart before it counts as lost, and that a resumed
 * phase lasts at least: an agent that had given the server up counts three broadcasts before it beats again
 * (ONLINE_THRESHOLD), and two more intervals show what it does. This is also the time of Decision 9.
 */
const GRACE = 5;

interface Entry {
  readonly live: LiveJob;
  readonly fence: number;
  readonly timers: JobTimers;
  /** The commits are handed to the sockets. */
  handed: () => void;
  /** The end is durable: this ends the time for which the job lingers (REFERENCE 12). */
  linger?: () => void;
}

/** The only holder of jobs: reports and timers in, effects out. */
export function makeJobHost(deps: JobHostDeps): JobHost {
  const { settings, clock, log, store, saver, bus, feeds } = deps;
  const entries = new Map<string, Entry>();
  let stopped = false;
  const grace = GRACE * settings.heartbeatInterval;
  const unsubscribe = bus.subscribe('jobs', (reports) => {
    for (const report of reports) onReport(report);
    acknowledge(reports);
  });

  function enter(live: LiveJob, handed: () => void, since = 0): Entry {
    const timers = makeJobTimers(live.job, since, {
      settings,
      clock,
      saver,
      grace,
      onTimer: (timer) => {
        happen(entry, { kind: 'timer', timer });
      },
    });
    const entry: Entry = { live, fence: ONLY_FENCE, timers, handed };
    entries.set(live.job.id, entry);
    return entry;
  }

  async function start(job: NewJob): Promise<void> {
    if (entries.has(job.id)) throw new Error(`job ${job.id} was started before`);
    await storeJob(store, saver, job);
    // The next start of the server settles what this one leaves behind (REFERENCE 11).
    if (stopped) throw new Error('the server is stopping: the job is stored but not started');
    await new Promise<void>((resolve) => {
      const cancel = clock.after(HAND_OVER, () => {
        log.warn({ jobId: job.id }, 'the commits are not handed over yet');
        resolve();
      });
      const handed = (): void => {
        cancel();
        resolve();
      };
      const live = makeLiveJob(job);
      const entry = enter(live, handed);
      log.info(
        { jobId: job.id, orgId: job.orgId, nodes: live.nodes.size, quorum: job.quorum },
        'job started',
      );
      happen(entry, { kind: 'start' });
    });
  }

  /** Decision 3. What cannot go on ends `crashed` (J3). */
  function resume(jobs: readonly UnfinishedJob[]): void {
    for (const unfinished of jobs) {
      const { job, events } = unfinished;
      const live = makeResumedJob(unfinished);
      const entry = enter(live, nobodyWaits, unfinished.updatedAt);
      feeds.restore(job, events);
      log.info(
        { jobId: job.id, orgId: job.orgId, phase: live.phase, nodes: live.nodes.size },
        'job goes on',
      );
      // The first event is not written with the job, but right after it.
      if (events.length === 0) emit(job, startEvent(job));
      happen(entry, { kind: 'resume' });
    }
  }

  function onReport(report: NodeReport): void {
    const entry = entries.get(report.jobId);
    if (entry === undefined || entry.fence !== report.fence) return;
    if (report.kind === 'handed') entry.handed();
    else happen(entry, { kind: 'report', node: report.node, report: report.kind });
  }

  /** Decision 5: a result is acknowledged when it is durable, whatever it meant to its job. */
  function acknowledge(reports: readonly NodeReport[]): void {
    const results = new Map<Entry, string[]>();
    for (const report of reports) {
      const entry = entries.get(report.jobId);
      if (report.kind === 'handed' || report.ack !== true || entry === undefined) continue;
      results.set(entry, [...(results.get(entry) ?? []), report.node]);
    }
    if (results.size === 0) return;
    saver.kept().then(
      () => {
        for (const [entry, nodes] of results) command(entry, { kind: 'kept', nodes });
      },
      (error: unknown) => {
        log.error({ err: error }, 'results could not be acknowledged');
      },
    );
  }

  /** A failure of ours at one job must not reach the others: that job ends `crashed` (J3). */
  function happen(entry: Entry, event: JobEvent): void {
    try {
      for (const effect of step(entry.live, event)) perform(entry, effect);
    } catch (error) {
      log.error({ err: error, jobId: entry.live.job.id }, 'the job could not go on');
      if (event.kind !== 'crash') happen(entry, { kind: 'crash' });
    }
  }

  function perform(entry: Entry, effect: JobEffect): void {
    const { job } = entry.live;
    switch (effect.kind) {
      case 'commit':
      case 'adopt': {
        const tail = commitTail(job, settings.serverName);
        const { capture, runTimeout } = job;
        const shared = { tail, capture, runTimeout };
        if (effect.kind === 'commit') command(entry, { ...effect, ...shared });
        else command(entry, { ...effect, ...shared, grace });
        break;
      }
      case 'run':
        whenDurable(entry, () => {
          // Stopped or lost meanwhile: not started.
          const nodes = effect.nodes.filter((node) => entry.live.nodes.get(node) === 'ready');
          if (nodes.length > 0) command(entry, { ...effect, nodes });
        });
        break;
      case 'reset':
        command(entry, effect);
        break;
      case 'emit':
        emit(job, effect.event);
        break;
      case 'save_nodes':
        saver.nodes(job.id, effect.nodes, effect.status);
        break;
      case 'save_job':
        saver.job(job.id, effect.status);
        // The end of a job is written together with its last event: see finish.
        if (isLive(entry.live.phase)) saver.flush();
        break;
      case 'arm':
        if (effect.timer === 'run' && effect.rest !== true) {
          whenDurable(entry, () => {
            entry.timers.arm('run', false);
          });
        } else entry.timers.arm(effect.timer, effect.rest ?? false);
        break;
      case 'cancel':
        entry.timers.cancel(effect.timer);
        break;
      case 'finish':
        entry.timers.end();
        entry.handed();
        finish(entry, effect.event).catch((error: unknown) => {
          log.error({ err: error, jobId: job.id }, 'the job could not be ended');
        });
        break;
    }
  }

  function emit(job: NewJob, event: FeedEvent): void {
    const stamped = feeds.append(job, event);
    if (stamped !== undefined) saver.event(stamped.event, stamped.orgEvent);
  }

  function command(entry: Entry, what: Command): void {
    const { id: jobId, orgId } = entry.live.job;
    bus.publish('nodes', [{ ...what, jobId, orgId, fence: entry.fence }]);
  }

  /** A run begins when its phase is durable (Decision 2): until then nothing is sent and no time is counted. */
  function whenDurable(entry: Entry, action: () => void): void {
    saver.durable().then(
      () => {
        if (!stopped && entry.live.phase === 'running') action();
      },
      (error: unknown) => {
        log.error({ err: error, jobId: entry.live.job.id }, 'the run could not begin');
      },
    );
  }

  /** Decision 1: the end and its event are durable together, then shown. Then the job lingers (REFERENCE 12). */
  async function finish(entry: Entry, event: FeedEvent): Promise<void> {
    const { job, phase } = entry.live;
    try {
      emit(job, event);
    } catch (error) {
      log.error({ err: error, jobId: job.id }, 'the end of the job could not be shown');
    }
    saver.flush();
    await saver.durable();
    log.info({ jobId: job.id, orgId: job.orgId, status: phase }, 'job ended');
    if (stopped) return;
    entry.linger = clock.after(settings.waitCompleteTime, () => {
      leave(entry);
    });
  }

  function leave(entry: Entry): void {
    const { id } = entry.live.job;
    entry.linger?.();
    entries.delete(id);
    feeds.close(id);
    command(entry, { kind: 'release', nodes: [...entry.live.nodes.keys()] });
  }

  /**
   * Decision 8: decided at once, in the order in which votes and requests come; true when it is durable. Rejects
   * when it is not: it holds all the same, until the server ends.
   */
  async function stopJob(jobId: string, asked?: readonly string[]): Promise<boolean> {
    const entry = entries.get(jobId);
    if (entry === undefined || !isLive(entry.live.phase)) return false;
    const { live } = entry;
    happen(entry, asked === undefined ? { kind: 'stop' } : { kind: 'stop', nodes: asked });
    if (asked === undefined) saver.stopRequest({ jobId });
    else {
      const nodes = asked.filter((node) => live.nodes.get(node) === 'stopping');
      if (nodes.length > 0) saver.stopRequest({ jobId, nodes });
    }
    await saver.flushed();
    return true;
  }

  return {
    start,
    resume,
    stopJob,
    forget(jobId) {
      const entry = entries.get(jobId);
      // A job whose end is not durable yet has to be told of.
      if (entry?.linger !== undefined) leave(entry);
    },
    inMemory: () => [...entries.keys()],
    stop() {
      stopped = true;
      unsubscribe();
      for (const entry of entries.values()) {
        entry.timers.end();
        entry.linger?.();
        entry.handed();
      }
    },
  };
}

/** Nobody waits for the commits of a job that was read back. */
const nobodyWaits = (): void => undefined;

/** A command without what it takes from its job. */
type Command = NodeCommand extends infer C
  ? C extends NodeCommand
    ? Omit<C, 'jobId' | 'orgId' | 'fence'>
    : never
  : never;
