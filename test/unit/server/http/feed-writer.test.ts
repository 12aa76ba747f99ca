import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import {
  writeFeed,
  type FeedSink,
  type FeedSource,
} from '../../../../server/src/http/feed-writer.ts';
import { makeFakeClock, type FakeClock } from '../../../helpers/fake-clock.ts';

const SECOND = 1000;

/** A connection whose reader takes nothing once `full` is set. */
class Sink extends EventEmitter implements FeedSink {
  readonly written: string[] = [];
  full = false;
  destroyed = false;
  ended = false;
  write(chunk: Buffer | string): boolean {
    this.written.push(String(chunk));
    return !this.full;
  }
  end(chunk?: string): void {
    if (chunk !== undefined) this.written.push(chunk);
    this.ended = true;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
  /** The reader takes what waits. */
  take(): void {
    this.full = false;
    this.emit('drain');
  }
}

describe('the writer of a feed', () => {
  let clock: FakeClock;
  let sink: Sink;
  let said: string[];
  let blocks: string[];
  let state: ReturnType<FeedSource['state']>;
  let wake: () => void;
  let closed: number;

  function start(): void {
    const source: FeedSource = {
      read: (bytes) => {
        const taken = [];
        for (
          let room = bytes;
          blocks[0] !== undefined && (taken.length === 0 || blocks[0].length <= room);
        ) {
          const block = blocks.shift() ?? '';
          room -= block.length;
          taken.push(Buffer.from(block));
        }
        return taken;
      },
      state: () => state,
      onChange: (given) => (wake = given),
      close: () => (closed += 1),
    };
    writeFeed(source, sink, {
      clock,
      fraction: () => 0.999,
      log: { info: (_, message) => said.push(message) },
      keepAlive: 15 * SECOND,
    });
  }
  function comes(...more: string[]): void {
    blocks.push(...more);
    wake();
  }
  beforeEach(() => {
    clock = makeFakeClock();
    sink = new Sink();
    said = [];
    blocks = [];
    state = 'live';
    wake = () => undefined;
    closed = 0;
  });
  afterEach(() => {
    sink.destroy();
    assert.equal(clock.waiting(), 0, 'no timer is left');
    assert.ok(closed > 0, 'the feed is not read any more');
  });

  it('writes what there is together, up to a portion', () => {
    blocks = ['a', 'b', 'x'.repeat(20_000), 'c'];
    start();
    assert.deepEqual(
      sink.written.map((text) => text.length),
      [2, 20_000, 1],
    );
  });

  it('9 keeps a silent connection every keep_alive_time, counted from the last output', async () => {
    start();
    await clock.advance(14 * SECOND);
    comes('a');
    await clock.advance(14 * SECOND);
    assert.deepEqual(sink.written, ['a']);
    await clock.advance(SECOND);
    await clock.advance(15 * SECOND);
    assert.deepEqual(sink.written, ['a', ':keepalive\n', ':keepalive\n']);
  });

  it('hands over nothing more while the reader takes nothing', async () => {
    sink.full = true;
    start();
    comes('a');
    comes('b');
    comes('c');
    await clock.advance(20 * SECOND);
    assert.deepEqual(sink.written, ['a']);
    sink.take();
    assert.deepEqual(sink.written, ['a', 'bc']);
    await clock.advance(15 * SECOND);
    assert.deepEqual(sink.written, ['a', 'bc', ':keepalive\n']);
  });

  it('cuts a reader who takes nothing for half a minute, and says so to both sides', async () => {
    sink.full = true;
    start();
    comes('a');
    await clock.advance(30 * SECOND);
    assert.match(sink.written.at(-1)!, /^: too slow: .*\n$/);
    assert.deepEqual([sink.ended, sink.destroyed, closed], [true, false, 1]);
    assert.deepEqual(said, ['a reader of a feed is too slow: it is cut off']);
    comes('b');
    sink.take();
    assert.equal(sink.written.length, 2);
    await clock.advance(5 * SECOND);
    assert.equal(sink.destroyed, true);
  });

  it('cuts a reader whose next events are gone', () => {
    sink.full = true;
    start();
    comes('a');
    state = 'behind';
    wake();
    assert.match(sink.written.at(-1)!, /^: too slow/);
    assert.equal(sink.ended, true);
  });

  it('ends when the feed has ended and everything is written', async () => {
    sink.full = true;
    start();
    comes('a', 'b'.repeat(20_000), 'c');
    state = 'ended';
    wake();
    assert.deepEqual([sink.written.length, sink.ended], [1, false]);
    sink.take();
    assert.deepEqual([sink.written.length, sink.ended], [3, true]);
    // What is handed over may still be on its way.
    await clock.advance(100 * SECOND);
    assert.equal(sink.destroyed, false);
    await clock.advance(20 * SECOND);
    assert.equal(sink.destroyed, true);
  });

  it('gives the readers of an ended feed two minutes: they hold its memory', async () => {
    blocks = Array.from({ length: 100 }, () => 'x'.repeat(20_000));
    sink.full = true;
    state = 'ended';
    start();
    for (let i = 0; i < 5; i += 1) {
      await clock.advance(20 * SECOND);
      sink.emit('drain');
    }
    assert.equal(sink.ended, false);
    await clock.advance(20 * SECOND);
    assert.match(sink.written.at(-1)!, /^: too slow/);
    assert.equal(sink.ended, true);
  });

  it('says farewell when the server stops, whatever waits', () => {
    sink.full = true;
    start();
    comes('a');
    state = 'stopping';
    wake();
    assert.deepEqual(sink.written.slice(1), [
      ': the server is stopping, connect again\nretry: 4996\n\n',
    ]);
    assert.equal(sink.ended, true);
  });

  it('leaves with its reader', () => {
    start();
    sink.emit('close');
    comes('a');
    assert.deepEqual([sink.written, closed], [[], 1]);
  });

  it('leaves when the connection fails', () => {
    start();
    sink.emit('error', new Error('reset'));
    assert.equal(closed, 1);
  });

  it('does not begin for a reader who has gone already', () => {
    blocks = ['a'];
    sink.destroyed = true;
    start();
    assert.deepEqual([sink.written, closed, clock.waiting()], [[], 1, 0]);
  });
});
