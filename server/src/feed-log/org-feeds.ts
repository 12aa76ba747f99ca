import { eventSeq } from '@pushy/protocol';
import type { StampedEvent } from '../core/feed-event.ts';
import { orgBlock, startOfHistory } from './blocks.ts';
import { makeFeed, type Feed, type FeedReader } from './feed.ts';
import { groupBy } from './group-by.ts';
import { makeStamper, type Place, type Stamper } from './stamper.ts';

/** Bytes of the history of one organization, at most: a start event may be as large as a request. */
const MAX_BYTES = 8 * 1024 * 1024;

/** An event in the feed of an organization. */
export type OrgEvent = StampedEvent & { orgId: string; jobId: string };

/** What a restart reads back of an organization's feed. */
export interface OrgHistory {
  orgId: string;
  /** The newest place that was given out, though its event may be gone. */
  lastSeq: number;
  /** Microseconds since 1970. */
  lastAt: number;
  /** What is left of its events, oldest first. */
  events: readonly (StampedEvent & { jobId: string })[];
}

/** The feeds of the organizations, each with its history of `expiration` milliseconds (REFERENCE 9.2). */
export interface OrgFeeds {
  stamp(orgId: string): Place;
  add(events: readonly OrgEvent[]): void;
  restore(history: OrgHistory): void;
  open(orgId: string, lastEventId?: string): FeedReader;
  /** Drops what has expired. */
  prune(): void;
  stop(): void;
}

export function makeOrgFeeds(clock: { now(): number }, expiration: number): OrgFeeds {
  const orgs = new Map<string, { feed: Feed; stamper: Stamper }>();

  function orgOf(orgId: string): { feed: Feed; stamper: Stamper } {
    const known = orgs.get(orgId);
    if (known !== undefined) return known;
    const made = { feed: makeFeed(), stamper: makeStamper(clock) };
    orgs.set(orgId, made);
    return made;
  }

  /** Microseconds since 1970: what is older has expired. */
  const horizon = (): number => (clock.now() - expiration) * 1000;

  function prune(feed: Feed): void {
    const oldest = horizon();
    let excess = feed.bytes() - MAX_BYTES;
    feed.drop(({ at, bytes }) => {
      const isOld = at < oldest || excess > 0;
      excess -= bytes.length;
      return isOld;
    });
  }

  return {
    stamp: (orgId) => orgOf(orgId).stamper.next(),
    add(events) {
      for (const [orgId, ofOrg] of groupBy(events, (event) => event.orgId)) {
        const { feed } = orgOf(orgId);
        feed.add(ofOrg.map(orgBlock));
        prune(feed);
      }
    },
    restore({ orgId, lastSeq, lastAt, events }) {
      const { feed, stamper } = orgOf(orgId);
      stamper.goOn({ seq: lastSeq, at: lastAt });
      feed.add(events.map(orgBlock));
      prune(feed);
    },
    open(orgId, lastEventId) {
      const { feed } = orgOf(orgId);
      prune(feed);
      const { first, last } = feed;
      if (lastEventId === undefined) return feed.open(last?.seq ?? 0);
      const seq = eventSeq('org', lastEventId) ?? 0;
      const isKnown = first !== undefined && seq >= first.seq && seq <= (last?.seq ?? 0);
      if (isKnown) return feed.open(seq);
      // Timestamps in a stream grow strictly (REFERENCE 9).
      const start = Math.min(horizon(), (first?.at ?? Infinity) - 1);
      return feed.open(0, startOfHistory(start));
    },
    prune() {
      for (const { feed } of orgs.values()) prune(feed);
    },
    stop() {
      for (const { feed } of orgs.values()) feed.stop();
    },
  };
}
