import assert from 'node:assert/strict';
import { makeConnections } from '../../../../server/src/zmq/connections.ts';
import { makeFakeClock, turn } from '../../../helpers/fake-clock.ts';
import { makeLog } from '../../../helpers/logs.ts';

/** Events that a test puts in; counts how many were read. */
function makeEvents() {
  const waiting: { type: string; error?: unknown }[] = [];
  let wake: () => void = () => undefined;
  let closed = false;
  const events = {
    read: 0,
    put(type: string, times = 1) {
      for (let i = 0; i < times; i++) waiting.push({ type });
      wake();
    },
    close() {
      closed = true;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const event = waiting.shift();
        if (event !== undefined) {
          events.read += 1;
          yield event;
        } else if (closed) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
  return events;
}

describe('connections of a socket', () => {
  const clock = makeFakeClock();
  const log = makeLog();
  let counted: string[] = [];
  const start = (max: number) => {
    log.lines.length = 0;
    counted = [];
    const events = makeEvents();
    const made = makeConnections({
      socket: 'commands',
      events,
      clock,
      log,
      count: (name) => counted.push(name),
      max,
    });
    return { events, ...made };
  };
  afterEach(() => {
    assert.equal(clock.waiting(), 0);
  });

  it('counts from accept to disconnect, whatever happens between', async () => {
    const { events, open, isFull, end } = start(2);
    events.put('accept', 2);
    for (const type of ['handshake', 'handshake:error:protocol', 'close:error', 'unknown']) {
      events.put(type);
    }
    await turn();
    assert.deepEqual([open(), isFull()], [2, false]);
    events.put('accept');
    await turn();
    assert.deepEqual([open(), isFull()], [3, true]);
    events.put('disconnect', 2);
    await clock.advance(10);
    assert.deepEqual([open(), isFull()], [1, false]);
    assert.deepEqual(counted, [
      'connections_accepted',
      'connections_accepted',
      'handshakes_failed',
      'connections_accepted',
    ]);
    events.close();
    await end();
  });

  it('lets the rest of the process have its turn after 256 events', async () => {
    const { events, end } = start(1000);
    events.put('accept', 600);
    await turn();
    assert.equal(events.read, 256);
    await clock.advance(1);
    assert.equal(events.read, 512);
    events.close();
    await end();
    assert.equal(events.read, 600);
  });

  it('brakes at its bound: twenty connections in 4 ms', async () => {
    const { events, open, end } = start(5);
    events.put('accept', 105);
    await turn();
    assert.equal(open(), 25);
    await clock.advance(3);
    assert.equal(open(), 25);
    await clock.advance(1);
    assert.equal(open(), 45);
    await clock.advance(12);
    assert.equal(open(), 105);
    events.put('disconnect', 105);
    await clock.advance(4);
    assert.equal(open(), 0);
    assert.deepEqual(
      log.lines.map(({ message, fields }) => [message, fields]),
      [
        [
          'more connections than this server takes',
          { dropped: 1, total: 1, socket: 'commands', open: 6, max: 5 },
        ],
      ],
    );
    events.close();
    await end();
  });

  it('brakes and says so when the kernel has no descriptor left', async () => {
    const { events, open, end } = start(1000);
    events.put('accept:error', 5000);
    await clock.advance(100);
    assert.ok(events.read <= 520, `${events.read} were read`);
    assert.equal(open(), 0);
    assert.deepEqual(new Set(counted), new Set(['connections_failed']));
    assert.equal(log.lines[0]?.message, 'connections could not be accepted: out of descriptors');
    assert.equal(log.lines.length, 1);
    events.close();
    await end();
    assert.equal(events.read, 5000);
  });
});
