import type { Clock } from './clock.ts';
import { withoutEnv, type FeedEvent, type StampedEvent } from './core/feed-event.ts';
import type { FeedReader } from './feed-log/feed.ts';
import { makeJobFeeds } from './feed-log/job-feeds.ts';
import { makeOrgFeeds, type OrgEvent, type OrgHistory } from './feed-log/org-feeds.ts';

export type { FeedReader } from './feed-log/feed.ts';
export type { OrgHistory };

type JobEvent = StampedEvent & { jobId: string };

/** Removes what is stored of feeds; each settles within a deadline of its own. */
export interface FeedStore {
  /** The events of jobs that have left memory. */
  dropEvents(jobIds: readonly string[]): Promise<unknown>;
  /** Events of organizations before a time (microseconds since 1970), but never an organization's newest one. */
  pruneOrgEvents(before: number): Promise<unknown>;
}

export interface FeedLogDeps {
  clock: Clock;
  log: { warn(fields: object, message: string): void };
  store: FeedStore;
  /** How long the history of an organization is kept; milliseconds (REFERENCE 1). */
  orgFeedExpiration: number;
}

/**
 * The only holder of events: gives them their places in the feeds of their job and its organization, keeps
 * them, and shows them to readers as soon as they are durable (Decision 1).
 */
export interface FeedLog {
  /**
   * The event's place in its job's feed and, for the first and the last event, in its organization's.
   * Undefined: nodes have repeated their votes so often that this one is not told.
   */
  append(
    job: { id: string; orgId: string },
    event: FeedEvent,
  ): { event: JobEvent; orgEvent?: OrgEvent } | undefined;
  /** These events are durable: readers may see them. */
  shown(events: readonly JobEvent[], orgEvents: readonly OrgEvent[]): void;
  /** A job of the previous run that goes on, with its events so far. */
  restore(job: { id: string; orgId: string }, events: readonly StampedEvent[]): void;
  restoreOrgs(histories: readonly OrgHistory[]): void;
  /** The job has left memory: its feed ends, its stored events are removed soon. */
  close(jobId: string): void;
  /**
   * The feed of a job in memory from behind `lastEventId`, or from its start where that is unknown; undefined
   * for a job that is not in memory or not of this organization (S2).
   */
  openJob(orgId: string, jobId: string, lastEventId?: string): FeedReader | undefined;
  openOrg(orgId: string, lastEventId?: string): FeedReader;
  /** False when the server is about to end. */
  isOpen(): boolean;
  /** The server is about to end: every reader is told to connect again. */
  drain(): void;
  /** Ends the timers and removes what is left to be removed. */
  stop(): Promise<void>;
}

/** Milliseconds that the stored events of finished jobs wait for others, to go together. */
const DROP_AFTER = 1000;

export function makeFeedLog(deps: FeedLogDeps): FeedLog {
  const { clock, log, store, orgFeedExpiration } = deps;
  const jobs = makeJobFeeds(clock);
  const orgs = makeOrgFeeds(clock, orgFeedExpiration);
  let open = true;
  let closed: string[] = [];
  let cancelDrop: (() => void) | undefined;
  const endPrune = clock.every(Math.max(orgFeedExpiration, DROP_AFTER), () => {
    orgs.prune();
    const before = (clock.now() - orgFeedExpiration) * 1000;
    store.pruneOrgEvents(before).catch((error: unknown) => {
      log.warn({ err: error }, 'old events of organizations could not be removed');
    });
  });

  async function drop(): Promise<void> {
    cancelDrop?.();
    cancelDrop = undefined;
    const ids = closed;
    closed = [];
    if (ids.length === 0) return;
    try {
      await store.dropEvents(ids);
    } catch (error) {
      // They go with their jobs, or at the next start.
      log.warn({ err: error, jobs: ids.length }, 'events of finished jobs could not be removed');
    }
  }

  return {
    append({ id: jobId, orgId }, event) {
      const place = jobs.stamp({ id: jobId, orgId }, event);
      if (place === undefined) return undefined;
      const stamped = { seq: place.seq, at: place.at, event, jobId };
      if (event.name !== 'start' && event.name !== 'job_complete') return { event: stamped };
      const told = { ...orgs.stamp(orgId), event: withoutEnv(event), orgId, jobId };
      return { event: stamped, orgEvent: told };
    },
    shown(events, orgEvents) {
      jobs.add(events);
      orgs.add(orgEvents);
    },
    restore: (job, events) => {
      jobs.restore(job, events);
    },
    restoreOrgs(histories) {
      for (const history of histories) orgs.restore(history);
    },
    close(jobId) {
      jobs.close(jobId);
      closed.push(jobId);
      cancelDrop ??= clock.after(DROP_AFTER, () => void drop());
    },
    openJob: (orgId, jobId, lastEventId) => jobs.open(orgId, jobId, lastEventId),
    openOrg: (orgId, lastEventId) => orgs.open(orgId, lastEventId),
    isOpen: () => open,
    drain() {
      open = false;
      jobs.stop();
      orgs.stop();
    },
    async stop() {
      endPrune();
      await drop();
    },
  };
}
