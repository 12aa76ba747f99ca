import { START_OF_HISTORY_ID, encodeFeedEvent, jobEventId, orgEventId } from '@pushy/protocol';
import type { StampedEvent } from '../core/feed-event.ts';
import type { FeedBlock } from './feed.ts';
import type { Place } from './stamper.ts';

/** An event as it stands in its job's feed (REFERENCE 9.1). */
export function jobBlock({ seq, at, event: { name, data } }: StampedEvent): FeedBlock {
  return block({ seq, at }, () => encodeFeedEvent({ name, id: jobEventId(seq), at, data }));
}

/** An event as it stands in its organization's feed: the job's id follows the timestamp (REFERENCE 9.2). */
export function orgBlock({ seq, at, event, jobId }: StampedEvent & { jobId: string }): FeedBlock {
  const { name, data } = event;
  const encode = (): string =>
    encodeFeedEvent({ name, id: orgEventId(seq), at, data: { job: jobId, ...data } });
  return block({ seq, at }, encode);
}

/** Written when the first reader comes to it: nobody reads most jobs along. */
function block({ seq, at }: Place, encode: () => string): FeedBlock {
  let bytes: Buffer | undefined;
  return { seq, at, bytes: () => (bytes ??= Buffer.from(encode())) };
}

/** What tells a reader that it may have missed events; `at` in microseconds since 1970 (REFERENCE 9.2). */
export function startOfHistory(at: number): Buffer {
  const event = { name: 'start_of_history', id: START_OF_HISTORY_ID, at, data: {} };
  return Buffer.from(encodeFeedEvent(event));
}
