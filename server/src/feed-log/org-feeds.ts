import { eventSeq } from '@pushy/protocol';
import type { StampedEvent } from '../core/feed-event.ts';
import { orgBlock, startOfHistory } from './blocks.ts';
import { makeFeed, type Feed, type FeedBlock, type FeedReader } from './feed.ts';
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

interface OrgFeed {
  readonly feed: Feed;
  readonly stamper: Stamper;
  /** Of the blocks that are kept. */
  bytes: number;
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
  const orgs = new Map<string, OrgFeed>();

  function orgOf(orgId: string): OrgFeed {
    const known = orgs.get(orgId);
    if (known !== undefined) return known;
    const made = { feed: makeFeed(), stamper: makeStamper(clock), bytes: 0 };
    orgs.set(orgId, made);
    return made;
  }

  /** Microseconds since 1970: what is older has expired. */
  const horizon = (): number => (clock.now() - expiration) * 1000;

  function add(org: OrgFeed, events: readonly (StampedEvent & { jobId: string })[]): void {
    const blocks = events.map(orgBlock);
    org.bytes += sizeOf(blocks);
    org.feed.add(blocks);
    prune(org);
  }

  function prune(org: OrgFeed): void {
    const oldest = horizon();
    let excess = org.bytes - MAX_BYTES;
    const gone = org.feed.drop((block) => {
      const isOld = block.at < oldest || excess > 0;
      excess -= block.bytes().length;
      return isOld;
    });
    org.bytes -= sizeOf(gone);
  }

  return {
    stamp: (orgId) => orgOf(orgId).stamper.next(),
    add(events) {
      for (const [orgId, ofOrg] of groupBy(events, (event) => event.orgId))
        add(orgOf(orgId), ofOrg);
    },
    restore({ orgId, lastSeq, lastAt, events }) {
      const org = orgOf(orgId);
      org.stamper.goOn({ seq: lastSeq, at: lastAt });
      add(org, events);
    },
    open(orgId, lastEventId) {
      const org = orgOf(orgId);
      prune(org);
      const { feed } = org;
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
      for (const org of orgs.values()) prune(org);
    },
    stop() {
      for (const { feed } of orgs.values()) feed.stop();
    },
  };
}

function sizeOf(blocks: readonly FeedBlock[]): number {
  return blocks.reduce((sum, block) => sum + block.bytes().length, 0);
}
