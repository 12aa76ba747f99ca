import type { JobStatus, NodeStatus } from '@pushy/protocol';
import type { Clock } from '../clock.ts';
import type { JobChanges } from '../core/job-record.ts';
import type { Log } from './log.ts';
import { makePending } from './pending-changes.ts';
import { changesOf, splitChanges } from './split-changes.ts';

/** Writes one batch in one transaction; settles within a deadline of its own. */
export interface ChangeStore {
  saveChanges(changes: JobChanges): Promise<void>;
  /** True for an error that says: this batch will never be taken. False: the store is away, or slow. */
  refuses(error: unknown): boolean;
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
/** A batch that is refused so often in a row is taken apart: two writers may have been in each other's way. */
const REFUSALS = 3;
/** Milliseconds that a reader, or the end of the program, waits for the store. */
const PATIENCE = 5000;

/** Turns single changes into few large writes; keeps them while the store fails (Decisions 1 and 2). */
export interface Saver {
  /** False when too much output waits: this one is lost. */
  output(output: JobChanges['outputs'][number]): boolean;
  nodes(jobId: string, nodes: readonly string[], status: NodeStatus): void;
  job(jobId: string, status: JobStatus): void;
  /** An event of a job's feed and, for some, its twin in the organization's. */
  event(event: JobChanges['events'][number], orgEvent?: JobChanges['orgEvents'][number]): void;
  /** Somebody wants a job, or some nodes of it, to be stopped. */
  stopRequest(stop: JobChanges['stops'][number]): void;
  /** Writes now instead of soon: a phase has changed. */
  flush(): void;
  /** Resolves when all changes so far are durable, however long that takes. */
  durable(): Promise<void>;
  /** The same without hurry: with the next write. */
  kept(): Promise<void>;
  /** Milliseconds for which the store has failed, all its failures together. Never less than before. */
  outage(): number;
  /** Why nothing can be saved at present; undefined while all is well. */
  away(): Error | undefined;
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
  /** Of a batch that is refused: the first is written next. Once this is empty, `partsUpTo` is durable. */
  let parts: JobChanges[] = [];
  let partsUpTo = 0;
  let waiters: Waiter[] = [];
  /** Changes so far, and how many of them are durable. */
  let changed = 0;
  let durable = 0;
  let writing = false;
  /** A write was asked for during a write. */
  let again = false;
  let failures = 0;
  let refusals = 0;
  let failure: Error | undefined;
  let outageBefore = 0;
  let awaySince: number | undefined;
  let cancelTimer: (() => void) | undefined;

  function touched(): void {
    changed += 1;
    cancelTimer ??= clock.after(COALESCE, write);
  }

  function write(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    again = writing;
    if (writing || (parts.length === 0 && pending.isEmpty())) return;
    writing = true;
    const began = clock.now();
    const [part] = parts;
    const batch = part ?? pending.take(began);
    // A batch that had to be split is durable with its last part.
    const upTo = part !== undefined ? partsUpTo : pending.isEmpty() ? changed : durable;
    again = part !== undefined || !pending.isEmpty();
    store.saveChanges(batch).then(
      () => {
        writing = false;
        if (part !== undefined) parts.shift();
        written(batch, upTo);
      },
      (error: unknown) => {
        writing = false;
        awaySince ??= began;
        if (store.refuses(error)) refused(batch, part !== undefined, upTo, error);
        else {
          refusals = 0;
          if (part === undefined) pending.putBack(batch);
          failed(error);
        }
      },
    );
  }

  /** What cannot be saved must not keep all else from being saved: it is found, and let go with a loud line. */
  function refused(batch: JobChanges, isPart: boolean, upTo: number, error: unknown): void {
    refusals += 1;
    const isSure = refusals >= REFUSALS;
    const halves = isPart || isSure ? splitChanges(batch) : undefined;
    if (!isSure && halves === undefined) {
      if (!isPart) pending.putBack(batch);
      failed(error);
      return;
    }
    if (!isPart) {
      log.error({ err: error }, 'the store refuses changes of jobs: they are taken apart');
      partsUpTo = upTo;
      parts = [batch];
    }
    refusals = 0;
    parts.splice(0, 1, ...(halves ?? []));
    if (halves !== undefined) write();
    else drop(batch, error);
  }

  function drop(batch: JobChanges, error: unknown): void {
    for (const change of changesOf(batch)) {
      log.error({ err: error, ...change }, 'a change of a job is lost: the store refuses it');
    }
    // Who reads along is told all the same, or his feed would never end.
    written(batch, partsUpTo);
  }

  function written(batch: JobChanges, upTo: number): void {
    try {
      feeds.shown(batch.events, batch.orgEvents);
    } catch (error) {
      log.error({ err: error }, 'events could not be shown');
    }
    if (parts.length === 0) succeeded(upTo);
    else write();
  }

  function succeeded(upTo: number): void {
    if (failures > 0) log.info({ failures }, 'changes are saved again');
    failures = 0;
    refusals = 0;
    failure = undefined;
    outageBefore = outage();
    awaySince = undefined;
    durable = upTo;
    const served = waiters.filter((waiter) => waiter.upTo <= durable);
    waiters = waiters.filter((waiter) => waiter.upTo > durable);
    for (const waiter of served) waiter.resolve();
    if (again) write();
  }

  function outage(): number {
    return outageBefore + (awaySince === undefined ? 0 : clock.now() - awaySince);
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

  function untilDurable(): Promise<void> {
    if (durable >= changed) return Promise.resolve();
    return new Promise((resolve) => {
      waiters.push({ upTo: changed, resolve });
    });
  }

  return {
    output(output) {
      const hasRoom = pending.addOutput(output);
      if (hasRoom) touched();
      else {
        const { jobId, node } = output;
        log.error({ jobId, node }, 'output is lost: too much is waiting to be saved');
      }
      return hasRoom;
    },
    stopRequest(stop) {
      pending.addStop(stop);
      touched();
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
      flush();
      return untilDurable();
    },
    kept: untilDurable,
    outage,
    away: () => failure,
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
