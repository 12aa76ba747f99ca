import type { IncomingHttpHeaders } from 'node:http';
import { FEED_TYPE, SUMMARY_ID, encodeFeedEvent } from '@pushy/protocol';
import { refuse, type Answer } from '../answer.ts';
import { writeFeed, type FeedSource, type FeedWriterDeps } from '../feed-writer.ts';
import { viewOf } from '../job-view.ts';
import type { Route } from '../route.ts';
import type { JobFinder } from './job.ts';

/** The feeds of this server (REFERENCE 9). */
export interface Feeds {
  /** Undefined for a job that is not in memory, or not of this organization (S2). */
  openJob(orgId: string, jobId: string, lastEventId?: string): FeedSource | undefined;
  openOrg(orgId: string, lastEventId?: string): FeedSource;
  /** False when the server is about to end. */
  isOpen(): boolean;
}

export interface FeedDeps extends Omit<FeedWriterDeps, 'clock'> {
  feeds: Feeds;
  clock: FeedWriterDeps['clock'] & { now(): number };
  /** Feeds that may be read at the same time. */
  maxConnections: number;
}

/** Feeds over connections, counted. */
export interface OpenFeeds {
  now(): number;
  openJob: Feeds['openJob'];
  openOrg: Feeds['openOrg'];
  /** The answer that writes the feed, or the refusal of it. */
  answer(source: FeedSource): Answer;
}

/** Seconds after which somebody who was refused may come again. */
const RETRY_AFTER = { 'Retry-After': '5' };

export function openFeeds(deps: FeedDeps): OpenFeeds {
  const { feeds, clock, maxConnections, log } = deps;
  let open = 0;

  /** The connection counts until it has closed, though the feed may have ended before. */
  function counted(source: FeedSource): Answer {
    return {
      status: 200,
      headers: HEADERS,
      stream: (body) => {
        open += 1;
        let counts = true;
        const leave = (): void => {
          if (counts) open -= 1;
          counts = false;
        };
        body.on('close', leave);
        writeFeed(source, body, deps);
        if (body.destroyed) leave();
      },
    };
  }

  return {
    now: () => clock.now(),
    openJob: (orgId, jobId, lastEventId) => feeds.openJob(orgId, jobId, lastEventId),
    openOrg: (orgId, lastEventId) => feeds.openOrg(orgId, lastEventId),
    answer(source) {
      const isOpen = feeds.isOpen();
      if (isOpen && open < maxConnections) return counted(source);
      source.close();
      if (!isOpen) return refuse(503, 'The server is stopping.', RETRY_AFTER).answer;
      log.info({ open }, 'a feed is refused: too many are read');
      return refuse(503, 'Too many feeds are being read. Try again later.', RETRY_AFTER).answer;
    },
  };
}

/** REFERENCE 9, "Common". The connection ends with the feed. */
const HEADERS = {
  'Content-Type': FEED_TYPE,
  'X-Accel-Buffering': 'no',
  'Cache-Control': 'no-cache',
  Connection: 'close',
} as const;

/** `GET job_status_feed/ID` (REFERENCE 9.1). */
export function makeGetJobFeed(feeds: OpenFeeds, jobs: JobFinder): Route<undefined> {
  return {
    check,
    answer: async ({ orgId, params, request }) => {
      const id = params['id'] ?? '';
      const source = feeds.openJob(orgId, id, lastEventId(request.headers));
      if (source !== undefined) return feeds.answer(source);
      const job = await jobs.get(orgId, id);
      if (job === undefined) return refuse(404, `job '${id}' does not exist.`).answer;
      const summary = {
        name: 'summary',
        id: SUMMARY_ID,
        at: feeds.now() * 1000,
        data: viewOf(job, false),
      };
      const bytes = Buffer.from(encodeFeedEvent(summary));
      return { status: 200, headers: HEADERS, bytes };
    },
  };
}

/** `GET job_status_feed` (REFERENCE 9.2). */
export function makeGetOrgFeed(feeds: OpenFeeds): Route<undefined> {
  return {
    check,
    answer: ({ orgId, request }) =>
      Promise.resolve(feeds.answer(feeds.openOrg(orgId, lastEventId(request.headers)))),
  };
}

function lastEventId(headers: IncomingHttpHeaders): string | undefined {
  const value = headers['last-event-id'];
  return Array.isArray(value) ? value[0] : value;
}

const check: Route<undefined>['check'] = () => ({ ok: true, value: undefined });
