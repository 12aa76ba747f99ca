import type { FeedEvent } from '../../server/src/core/feed-event.ts';
import { makeFeedLog, type FeedLog } from '../../server/src/feed-log.ts';
import { systemClock } from '../../server/src/clock.ts';
import { openFeeds, type FeedDeps } from '../../server/src/http/routes/feeds.ts';
import { ORG_ID, SIGNERS, startApi, type TestApi } from './api.ts';
import { openFeed, type FeedConnection } from './feed-reader.ts';

/** An API with real feeds, whose events a test makes. */
export interface FeedApi extends TestApi {
  log: FeedLog;
  /** What the writers of feeds logged. */
  said: string[];
  /** An event of a job: decided and durable. */
  say(jobId: string, ...events: FeedEvent[]): void;
  /** Events that become durable in one batch. */
  sayTogether(jobId: string, events: readonly FeedEvent[]): void;
  /** Reads a feed below `job_status_feed`, signed by alice. */
  follow(path: string, headers?: Readonly<Record<string, string>>): Promise<FeedConnection>;
  /** Ends the connections that `follow` opened, and the API. */
  end(): Promise<void>;
}

export const START: FeedEvent = {
  name: 'start',
  data: { command: 'c', run_timeout: 9, quorum: 1, node_count: 1, user: 'ann', capture: false },
};
export const END: FeedEvent = { name: 'job_complete', data: { status: 'complete' } };

/** The event of a vote. */
export function vote(node: string): FeedEvent {
  return { name: 'quorum_vote', data: { node, status: 'success' } };
}

/** Starts it; `more` are settings of the feeds. */
export async function startFeedApi(more: Partial<FeedDeps> = {}): Promise<FeedApi> {
  const said: string[] = [];
  const log = makeFeedLog({
    clock: systemClock,
    log: { warn: () => undefined },
    store: { dropEvents: () => Promise.resolve(), pruneOrgEvents: () => Promise.resolve() },
    orgFeedExpiration: 60_000,
  });
  const feeds = openFeeds({
    feeds: log,
    clock: systemClock,
    log: { info: (_, message) => said.push(message) },
    fraction: () => 0.5,
    keepAlive: 15_000,
    maxConnections: 2000,
    ...more,
  });
  const api = await startApi({ feeds });
  const open: FeedConnection[] = [];

  function show(id: string, events: readonly FeedEvent[]): void {
    const all = events.map((event) => {
      const appended = log.append({ id, orgId: ORG_ID }, event);
      if (appended === undefined) throw new Error('an event was refused');
      return appended;
    });
    log.shown(
      all.map(({ event }) => event),
      all.flatMap(({ orgEvent }) => (orgEvent === undefined ? [] : [orgEvent])),
    );
  }

  return {
    ...api,
    log,
    said,
    say(id, ...events) {
      for (const event of events) show(id, [event]);
    },
    sayTogether: show,
    async follow(path, headers = {}) {
      const where = `/organizations/acme/pushy/job_status_feed${path}`;
      const feed = await openFeed(SIGNERS.alice, { port: api.port, path: where, headers });
      open.push(feed);
      return feed;
    },
    async end() {
      for (const feed of open) feed.close();
      await api.close();
      await log.stop();
    },
  };
}
