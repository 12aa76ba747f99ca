import { ProtocolError } from './errors.ts';
import { formatFeedTime } from './feed-time.ts';

/** The type of a feed's body (REFERENCE 9). */
export const FEED_TYPE = 'text/event-stream';
/** Sent after a time of silence, so that nobody in between ends the connection (REFERENCE 9). */
export const FEED_KEEPALIVE = ':keepalive\n';
/** Id of the single event of a job that is out of memory (REFERENCE 9.1). */
export const SUMMARY_ID = 'job-1';
/** Id of the event that says that a reader of an organization's feed has missed something (REFERENCE 9.2). */
export const START_OF_HISTORY_ID = 'start_id';

/** The id of an event at its place in a job's feed, counted from 1. */
export function jobEventId(seq: number): string {
  return `job-${seq}`;
}

/** The id of an event at its place in an organization's feed, counted from 1. */
export function orgEventId(seq: number): string {
  return `org-${seq}`;
}

/** The place that an id names; undefined for any other text. */
export function eventSeq(prefix: 'job' | 'org', id: string): number | undefined {
  const [, kind, digits] = /^(job|org)-([1-9]\d{0,14})$/.exec(id) ?? [];
  return kind === prefix ? Number(digits) : undefined;
}

/** An event as it is written; `at` is microseconds since 1970. */
export interface OutgoingEvent {
  name: string;
  id: string;
  at: number;
  data: object;
}

/** The block of an event, its blank line included (REFERENCE 9, E2). The timestamp is the first member. */
export function encodeFeedEvent({ name, id, at, data }: OutgoingEvent): string {
  const json = JSON.stringify({ timestamp: formatFeedTime(at), ...data });
  return `event: ${name}\nid: ${id}\ndata: ${json}\n\n`;
}

/** A line that parsers pass over, for people who look at a feed. */
export function encodeFeedComment(text: string): string {
  return `: ${text}\n`;
}

/** Tells a reader when to connect again; milliseconds. */
export function encodeFeedRetry(ms: number): string {
  return `retry: ${ms}\n\n`;
}

/** What a reader of a feed finds in it. */
export type FeedItem =
  | { kind: 'event'; name: string; id: string; data: string }
  | { kind: 'comment'; text: string }
  /** Milliseconds to wait before connecting again. */
  | { kind: 'retry'; ms: number };

/** Reads a feed as its bytes come, in pieces of any size. */
export interface FeedDecoder {
  push(bytes: Uint8Array): FeedItem[];
  /** The body has ended well: the last block counts though no blank line follows it (REFERENCE 9.1). */
  end(): FeedItem[];
}

/** Characters of the longest line and the longest data that are taken. */
const MAX_PENDING = 8 * 1024 * 1024;

/** Reads what event streams may be written like: any line ends, a byte order mark, several lines of data. */
export function makeFeedDecoder(): FeedDecoder {
  const utf8 = new TextDecoder();
  let rest = '';
  let name = '';
  let id = '';
  let data: string[] = [];
  let size = 0;

  function dispatch(items: FeedItem[]): void {
    if (data.length > 0) {
      items.push({
        kind: 'event',
        name: name === '' ? 'message' : name,
        id,
        data: data.join('\n'),
      });
    }
    name = '';
    data = [];
    size = 0;
  }

  function line(text: string, items: FeedItem[]): void {
    if (text === '') {
      dispatch(items);
      return;
    }
    const colon = text.indexOf(':');
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (field === '') items.push({ kind: 'comment', text: value });
    else if (field === 'event') name = value;
    else if (field === 'data') {
      size += value.length;
      if (size > MAX_PENDING) throw tooLong();
      data.push(value);
    } else if (field === 'id' && !value.includes('\0')) id = value;
    else if (field === 'retry' && /^\d{1,9}$/.test(value)) {
      items.push({ kind: 'retry', ms: Number(value) });
    }
  }

  function take(text: string, last: boolean): FeedItem[] {
    const items: FeedItem[] = [];
    // A carriage return at the end may be the first half of a line end.
    const held = !last && text.endsWith('\r') ? 1 : 0;
    const whole = text.slice(0, text.length - held);
    const lines = whole.split(/\r\n|\r|\n/);
    rest = lines.splice(-1).join('') + text.slice(text.length - held);
    if (rest.length > MAX_PENDING) throw tooLong();
    for (const each of lines) line(each, items);
    return items;
  }

  return {
    push: (bytes) => take(rest + utf8.decode(bytes, { stream: true }), false),
    end() {
      const items = take(`${rest}${utf8.decode()}`, true);
      if (rest !== '') line(rest, items);
      rest = '';
      dispatch(items);
      return items;
    },
  };
}

function tooLong(): ProtocolError {
  return new ProtocolError(
    'feed_too_long',
    `an event of a feed is longer than ${MAX_PENDING} characters`,
  );
}
