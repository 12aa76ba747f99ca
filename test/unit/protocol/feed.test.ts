import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  FEED_KEEPALIVE,
  ProtocolError,
  encodeFeedComment,
  encodeFeedEvent,
  encodeFeedRetry,
  eventSeq,
  formatFeedTime,
  jobEventId,
  makeFeedDecoder,
  orgEventId,
  type FeedItem,
} from '@pushy/protocol';

function decode(bytes: Buffer, cuts: readonly number[] = []): FeedItem[] {
  const decoder = makeFeedDecoder();
  const items: FeedItem[] = [];
  let from = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    items.push(...decoder.push(bytes.subarray(from, cut)));
    from = cut;
  }
  return [...items, ...decoder.end()];
}

describe('feeds as they are written (REFERENCE 9)', () => {
  it('9 a timestamp has six digits, a space for the T and a Z', () => {
    assert.equal(formatFeedTime(0), '1970-01-01 00:00:00.000000Z');
    assert.equal(formatFeedTime(1_346_799_662_123_456), '2012-09-04 23:01:02.123456Z');
    assert.equal(formatFeedTime(1_346_799_662_123_007), '2012-09-04 23:01:02.123007Z');
  });

  it('9 timestamps sort as the times do', () => {
    const micros = fc.nat(4_000_000_000_000_000);
    fc.assert(
      fc.property(micros, micros, (a, b) => {
        assert.equal(formatFeedTime(a) < formatFeedTime(b), a < b);
      }),
    );
  });

  it('9 E2 a block has three lines, data on one with the timestamp first, and a blank line after it', () => {
    const data = { node: 'wéb\n1', status: 'success' };
    assert.equal(
      encodeFeedEvent({ name: 'quorum_vote', id: jobEventId(2), at: 1000, data }),
      'event: quorum_vote\nid: job-2\n' +
        'data: {"timestamp":"1970-01-01 00:00:00.001000Z","node":"wéb\\n1","status":"success"}\n\n',
    );
  });

  it('9 keeps a connection with a comment', () => {
    assert.equal(FEED_KEEPALIVE, ':keepalive\n');
    assert.equal(encodeFeedComment('too slow'), ': too slow\n');
    assert.equal(encodeFeedRetry(1500), 'retry: 1500\n\n');
  });

  it('9 an id names its place; any other text names none', () => {
    assert.equal(eventSeq('job', jobEventId(12)), 12);
    assert.equal(eventSeq('org', orgEventId(1)), 1);
    for (const other of ['', 'job-', 'job-0', 'job-01', 'job--1', 'job-1x', 'org-1', 'job-1e3']) {
      assert.equal(eventSeq('job', other), undefined, other);
    }
    assert.equal(eventSeq('job', `job-${'9'.repeat(40)}`), undefined);
  });
});

describe('feeds as they are read', () => {
  const event = fc.record({
    name: fc.constantFrom('start', 'quorum_vote', 'job_complete'),
    id: fc.nat().map(jobEventId),
    at: fc.nat(2_000_000_000_000_000),
    data: fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })),
  });

  it('9 gives back what was written, wherever the bytes are cut', () => {
    const feed = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: event },
        fc.constant('keepalive' as const),
        fc.nat(99_999).map((ms) => ({ ms })),
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(
        feed,
        fc.array(fc.nat(4000)),
        fc.constantFrom('\n', '\r\n', '\r'),
        (items, cuts, eol) => {
          const text = items
            .map((item) => {
              if (item === 'keepalive') return FEED_KEEPALIVE;
              return 'ms' in item ? encodeFeedRetry(item.ms) : encodeFeedEvent(item);
            })
            .join('')
            .replaceAll('\n', eol);
          const bytes = Buffer.from(text);
          const read = decode(
            bytes,
            cuts.filter((cut) => cut < bytes.length),
          );
          assert.deepEqual(
            read.map((item) =>
              item.kind === 'event' ? { ...item, data: JSON.parse(item.data) as unknown } : item,
            ),
            items.map((item) => {
              if (item === 'keepalive') return { kind: 'comment', text: 'keepalive' };
              if ('ms' in item) return { kind: 'retry', ms: item.ms };
              const data = JSON.parse(
                JSON.stringify({ timestamp: formatFeedTime(item.at), ...item.data }),
              ) as unknown;
              return { kind: 'event', name: item.name, id: item.id, data };
            }),
          );
        },
      ),
    );
  });

  it('9 takes every single cut of one block', () => {
    const bytes = Buffer.from('\uFEFFevent: start\r\nid: job-1\r\ndata: {"a":"é€😀"}\r\n\r\n');
    const whole = [{ kind: 'event', name: 'start', id: 'job-1', data: '{"a":"é€😀"}' }];
    for (let cut = 0; cut <= bytes.length; cut += 1) assert.deepEqual(decode(bytes, [cut]), whole);
  });

  it('9.1 counts the last block of a feed that ends without a blank line', () => {
    for (const tail of ['', '\n', '\r']) {
      assert.deepEqual(decode(Buffer.from(`event: summary\nid: job-1\ndata: {}${tail}`)), [
        { kind: 'event', name: 'summary', id: 'job-1', data: '{}' },
      ]);
    }
  });

  it('passes over what it does not know, and over a block without data', () => {
    const text = 'event: start\n\nfield: x\nretry: soon\nid\ndata\ndata:  b\n\n: hello\n::\n';
    assert.deepEqual(decode(Buffer.from(text)), [
      { kind: 'event', name: 'message', id: '', data: '\n b' },
      { kind: 'comment', text: 'hello' },
      { kind: 'comment', text: ':' },
    ]);
  });

  it('an id lasts until the next one; one with a NUL is none', () => {
    const text = 'id: job-1\ndata: a\n\ndata: b\n\nid: job\0\ndata: c\n\n';
    assert.deepEqual(
      decode(Buffer.from(text)).map((item) => (item.kind === 'event' ? item.id : item)),
      ['job-1', 'job-1', 'job-1'],
    );
  });

  it('never throws and never loses its way on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        const decoder = makeFeedDecoder();
        decoder.push(noise);
        decoder.push(Buffer.from('\n\n'));
        const read = decoder.push(Buffer.from('event: start\nid: job-1\ndata: {}\n\n'));
        assert.deepEqual(read, [{ kind: 'event', name: 'start', id: 'job-1', data: '{}' }]);
      }),
    );
  });

  it('refuses a line, or an event, without end', () => {
    const isTooLong = (error: unknown): boolean =>
      error instanceof ProtocolError && error.code === 'feed_too_long';
    const piece = Buffer.alloc(1024 * 1024, 'x');
    const line = makeFeedDecoder();
    assert.throws(() => {
      for (let i = 0; i < 10; i += 1) line.push(piece);
    }, isTooLong);
    const event = makeFeedDecoder();
    assert.throws(() => {
      for (let i = 0; i < 10; i += 1)
        event.push(Buffer.concat([Buffer.from('data: '), piece, Buffer.from('\n')]));
    }, isTooLong);
  });
});
