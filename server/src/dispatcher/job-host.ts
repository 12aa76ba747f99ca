import type { Clock } from '../clock.ts';
import type { JobEffect, JobTimer } from '../core/effects.ts';
import type { FeedEvent, StampedEvent } from '../core/feed-event.ts';
import { isLive, makeLiveJob, step, type JobEvent, type LiveJob } from '../core/job.ts';
import type { NewJob } from '../core/job-record.ts';
import { commitTail } from './bodies.ts';
import type { Bus } from './bus.ts';
import type { Log } from './log.ts';
import { afterLong } from './long-timer.ts';
import type { NodeCommand, NodeReport } from './records.ts';
import type { Saver } from './saver.ts';

/** Milliseconds, unless said otherwise (REFERENCE 1). */
export interface JobHostSettings {
  votingTimeout: number;
  /** How long a stopped node may take to say `aborted` (Decision 8). */
  abortTimeout: number;
  /** How long a finished job stays in memory. */
  waitCompleteTime: number;
  /** The member `server` of a commit. */
  serverName: string;
}

/** Stores a job with status `voting` and its nodes with status `new`, in one statement. */
export interface JobCreator {
  createJob(job: NewJob): Promise<void>;
}

/** An event of a job at its place in the job's feed and, where it belongs there, in its organization's. */
export interface Stamped {
  event: StampedEvent & { jobId: string };
  orgEvent?: StampedEvent & { orgId: string; jobId: string };
}

/** Gives events their places. Readers see them when they are durable, not before (Decision 1). */
export interface EventLog {
  /** Undefined: nodes have repeated their votes so often that this one is not told. */
  append(job: { id: string; orgId: string }, event: FeedEvent): Stamped | undefined;
  /** The job has left memory: its feed has ended. */
  close(jobId: string): void;
}

/** What the host of jobs needs. */
export interface JobHostDeps {
  settings: JobHostSettings;
  clock: Clock;
  log: Log;
  store: JobCreator;
  saver: Pick<Saver, 'nodes' | 'job' | 'event' | 'flush' | 'durable'>;
  bus: Bus;
  feeds: EventLog;
}

export interface JobHost {
  start(job: NewJob): Promise<void>;
  stopJob(jobId: string, nodes?: readonly string[]): boolean;
  inMemory(): string[];
  stop(): void;
}

/** The number of the lease, until there are leases: one instance coordinates every job. */
const ONLY_FENCE = 1;
/** Milliseconds that a start waits for the host of nodes to hand the commits over. */
const HAND_OVER = 2000;

interface Entry {
  readonly live: LiveJob;
  readonly fence: number;
  readonly timers: Map<JobTimer | 'linger', () => void>;
  /** The commits are handed to the sockets. */
  handed: () => void;
}

/** The only holder of jobs: reports and timers in, effects out. */
export function makeJobHost(deps: JobHostDeps): JobHost {
  const { settings, clock, log, store, saver, bus, feeds } = deps;
  const entries = new Map<string, Entry>();
  let stopped = false;
  const unsubscribe = bus.subscribe('jobs', (reports) => {
    for (const report of reports) onReport(report);
  });

  async function start(job: NewJob): Promise<void> {
    if (entries.has(job.id)) throw new Error(`job ${job.id} was started before`);
    await store.createJob(job);
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
      const entry: Entry = { live, fence: ONLY_FENCE, timers: new Map(), handed };
      entries.set(job.id, entry);
      log.info({ jobId: job.id, nodes: live.nodes.size, quorum: job.quorum }, 'job started');
      happen(entry, { kind: 'start' });
    });
  }

  function onReport(report: NodeReport): void {
    const entry = entries.get(report.jobId);
    if (entry === undefined || entry.fence !== report.fence) return;
    if (report.kind === 'handed') entry.handed();
    else happen(entry, { kind: 'report', node: report.node, report: report.kind });
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
      case 'commit': {
        const tail = commitTail(job, settings.serverName);
        command(entry, { ...effect, tail, capture: job.capture });
        break;
      }
      case 'run':
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
        arm(entry, effect.timer);
        break;
      case 'cancel':
        cancel(entry, effect.timer);
        break;
      case 'finish':
        for (const timer of [...entry.timers.keys()]) cancel(entry, timer);
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

  function arm(entry: Entry, timer: JobTimer): void {
    cancel(entry, timer);
    const ms = {
      voting: settings.votingTimeout,
      run: entry.live.job.runTimeout * 1000,
      abort: settings.abortTimeout,
    }[timer];
    const end = afterLong(clock, ms, () => {
      happen(entry, { kind: 'timer', timer });
    });
    entry.timers.set(timer, end);
  }

  function cancel(entry: Entry, timer: JobTimer | 'linger'): void {
    entry.timers.get(timer)?.();
    entry.timers.delete(timer);
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
    log.info({ jobId: job.id, status: phase }, 'job ended');
    if (stopped) return;
    const forget = clock.after(settings.waitCompleteTime, () => {
      entries.delete(job.id);
      feeds.close(job.id);
      command(entry, { kind: 'release', nodes: [...entry.live.nodes.keys()] });
    });
    entry.timers.set('linger', forget);
  }

  return {
    start,
    stopJob(jobId, nodes) {
      const entry = entries.get(jobId);
      if (entry === undefined || !isLive(entry.live.phase)) return false;
      happen(entry, nodes === undefined ? { kind: 'stop' } : { kind: 'stop', nodes });
      return true;
    },
    inMemory: () => [...entries.keys()],
    stop() {
      stopped = true;
      unsubscribe();
      for (const entry of entries.values()) {
        for (const timer of [...entry.timers.keys()]) cancel(entry, timer);
        entry.handed();
      }
    },
  };
}

/** A command without what it takes from its job. */
type Command = NodeCommand extends infer C
  ? C extends NodeCommand
    ? Omit<C, 'jobId' | 'orgId' | 'fence'>
    : never
  : never;
