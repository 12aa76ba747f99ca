import { START_OF_HISTORY_ID, encodeFeedEvent, jobEventId, orgEventId } from '@pushy/protocol';
import type { StampedEvent } from '../core/feed-event.ts';
import type { FeedBlock } from './feed.ts';

/** An event as it stands in its job's feed (REFERENCE 9.1). */
export function jobBlock({ seq, at, event }: StampedEvent): FeedBlock {
  const { name, data } = event;
  return { seq, at, bytes: Buffer.from(encodeFeedEvent({ name, id: jobEventId(seq), at, data })) };
}

/** An event as it stands in its organization's feed: the job's id follows the timestamp (REFERENCE 9.2). */
export function orgBlock({ seq, at, event, jobId }: StampedEvent & { jobId: string }): FeedBlock {
  const data = { job: jobId, ...event.data };
  const id = orgEventId(seq);
  return { seq, at, bytes: Buffer.from(encodeFeedEvent({ name: event.name, id, at, data })) };
}

/** What tells a reader that it may have missed events; `at` in microseconds since 1970 (REFERENCE 9.2). */
export function startOfHistory(at: number): Buffer {
  const event = { name: 'start_of_history', id: START_OF_HISTORY_ID, at, data: {} };
  return Buffer.from(encodeFeedEvent(event));
}
