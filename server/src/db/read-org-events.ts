import type { FeedEvent, StampedEvent } from '../core/feed-event.ts';
import type { Db, Statement } from './db.ts';
import { unseal, type Sealer } from './sealer.ts';

/** The feed of an organization as it stands in the database. */
export interface StoredOrgFeed {
  orgId: string;
  /** Number and time (microseconds since 1970) of its newest event, which may be forgotten itself. */
  lastSeq: number;
  lastAt: number;
  /** Oldest first. */
  events: (StampedEvent & { jobId: string })[];
}

interface Row {
  org_id: string;
  seq: number;
  at: number;
  job_id: string;
  key_id: number | null;
  data: Buffer | null;
}

const READ_ORG_EVENTS: Statement<Row> = {
  name: 'read-org-events',
  text: `
    select org_id, seq::float8 as seq, at::float8 as at, job_id, key_id, data
    from org_events order by org_id, seq`,
};

/** All feeds of organizations, for a start (REFERENCE 9.2). */
export async function readOrgEvents(db: Db, sealer: Sealer): Promise<StoredOrgFeed[]> {
  const feeds: StoredOrgFeed[] = [];
  for (const { org_id: orgId, seq, at, job_id: jobId, key_id: keyId, data } of await db.query(
    READ_ORG_EVENTS,
  )) {
    let feed = feeds.at(-1);
    if (feed?.orgId !== orgId) {
      feed = { orgId, lastSeq: seq, lastAt: at, events: [] };
      feeds.push(feed);
    }
    feed.lastSeq = seq;
    feed.lastAt = at;
    if (data === null) continue;
    const event = JSON.parse(unseal(sealer, keyId, data).toString()) as FeedEvent;
    feed.events.push({ seq, at, jobId, event });
  }
  return feeds;
}
