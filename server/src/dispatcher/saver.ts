import type { JobStatus, NodeStatus } from '@pushy/protocol';
import type { Clock } from '../clock.ts';
import type { JobChanges } from '../core/job-record.ts';
import type { Log } from './log.ts';
import { makePending } from './pending-changes.ts';

/** Writes one batch in one transaction; settles within a deadline of its own. */
export interface ChangeStore {
  saveChanges(changes: JobChanges): Promise<void>;
}

/** Shows events that are durable now, in their order (Decision 1). */
export interface EventReaders {
  shown(events: JobChanges['events'], orgEvents: JobChanges['orgEvents']): void;
}

/** What the saver needs. */
export interface SaverDeps {
  clock: Clock;
  log: Log;
  store: ChangeStore;
  feeds: EventReaders;
}

/** Milliseconds that a change may wait for others (ARCHITECTURE, "The one flow"). */
const COALESCE = 50;
/** Milliseconds before a failed batch is tried again: the first time, and at most. */
const RETRY_FIRST = 100;
const RETRY_MAX = 2000;
/** Milliseconds that a reader, or the end of the program, waits for the store. */
const PATIENCE = 5000;

/** Turns single changes into few large writes; keeps them while the store fails (Decisions 1 and 2). */
export interface Saver {
  output(output: JobChanges['outputs'][number]): void;
  nodes(jobId: string, nodes: readonly string[], status: NodeStatus): void;
  job(jobId: string, status: JobStatus): void;
  /** An event of a job's feed and, for some, its twin in the organization's. */
  event(event: JobChanges['events'][number], orgEvent?: JobChanges['orgEvents'][number]): void;
  /** Writes now instead of soon: a phase has changed. */
  flush(): void;
  /** Resolves when all changes so far are durable, however long that takes. */
  durable(): Promise<void>;
  /** The same for a reader: rejects when the store fails or takes too long. The changes are kept. */
  flushed(): Promise<void>;
  /** Writes what is left; gives up, and says so, when the store does not answer in time. */
  stop(): Promise<void>;
}

/** Changes wait for the store: whoever would read them must come again (Decision 2: 503). */
export class NotDurableError extends Error {
  override readonly name = 'NotDurableError';
}

interface Waiter {
  upTo: number;
  resolve: () => void;
  /** Absent for those who wait as long as it takes. */
  reject?: (error: Error) => void;
}

export function makeSaver({ clock, log, store, feeds }: SaverDeps): Saver {
  const pending = makePending();
  let waiters: Waiter[] = [];
  /** Changes so far, and how many of them are durable. */
  let changed = 0;
  let durable = 0;
  let writing = false;
  /** A write was asked for during a write. */
  let again = false;
  let failures = 0;
  let failure: Error | undefined;
  let cancelTimer: (() => void) | undefined;

  function touched(): void {
    changed += 1;
    cancelTimer ??= clock.after(COALESCE, write);
  }

  function write(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    again = writing;
    if (writing || pending.isEmpty()) return;
    writing = true;
    const batch = pending.take();
    // A batch that had to be split is durable with its last part.
    const upTo = pending.isEmpty() ? changed : durable;
    again = !pending.isEmpty();
    store.saveChanges(batch).then(
      () => {
        writing = false;
        show(batch);
        succeeded(upTo);
      },
      (error: unknown) => {
        writing = false;
        pending.putBack(batch);
        failed(error);
      },
    );
  }

  function show({ events, orgEvents }: JobChanges): void {
    try {
      feeds.shown(events, orgEvents);
    } catch (error) {
      log.error({ err: error }, 'events could not be shown');
    }
  }

  function succeeded(upTo: number): void {
    if (failures > 0) log.info({ failures }, 'changes are saved again');
    failures = 0;
    failure = undefined;
    durable = upTo;
    const served = waiters.filter((waiter) => waiter.upTo <= durable);
    waiters = waiters.filter((waiter) => waiter.upTo > durable);
    for (const waiter of served) waiter.resolve();
    if (again) write();
  }

  function failed(error: unknown): void {
    const delay = Math.min(RETRY_FIRST * 2 ** failures, RETRY_MAX);
    failures += 1;
    failure = new NotDurableError('changes of jobs could not be saved', { cause: error });
    log.error({ err: error, failures, delay }, 'changes could not be saved: trying again');
    cancelTimer?.();
    cancelTimer = clock.after(delay, write);
    const impatient = waiters.filter((waiter) => waiter.reject !== undefined);
    waiters = waiters.filter((waiter) => waiter.reject === undefined);
    for (const waiter of impatient) waiter.reject?.(failure);
  }

  function flush(): void {
    if (failures === 0) write();
  }

  function flushed(): Promise<void> {
    if (durable >= changed) return Promise.resolve();
    if (failure !== undefined) return Promise.reject(failure);
    flush();
    return new Promise((resolve, reject) => {
      const cancel = clock.after(PATIENCE, () => {
        waiters = waiters.filter((w) => w !== waiter);
        reject(new NotDurableError('the store did not answer in time'));
      });
      const waiter: Waiter = {
        upTo: changed,
        resolve: () => {
          cancel();
          resolve();
        },
        reject: (error) => {
          cancel();
          reject(error);
        },
      };
      waiters.push(waiter);
    });
  }

  return {
    output(output) {
      if (pending.addOutput(output)) touched();
      else {
        const { jobId, node } = output;
        log.error({ jobId, node }, 'output is lost: too much is waiting to be saved');
      }
    },
    nodes(jobId, nodes, status) {
      pending.addNodes(jobId, nodes, status, clock.now());
      touched();
    },
    job(jobId, status) {
      pending.addJob(jobId, status, clock.now());
      touched();
    },
    event(event, orgEvent) {
      if (pending.addEvent(event, orgEvent)) touched();
      else {
        log.error({ jobId: event.jobId }, 'an event is lost: too many are waiting to be saved');
      }
    },
    flush,
    durable() {
      if (durable >= changed) return Promise.resolve();
      flush();
      return new Promise((resolve) => {
        waiters.push({ upTo: changed, resolve });
      });
    },
    flushed,
    async stop() {
      try {
        failure = undefined;
        write();
        await flushed();
      } catch (error) {
        log.error({ err: error }, 'the last changes are not saved');
      }
      cancelTimer?.();
    },
  };
}
