import assert from 'node:assert/strict';
import { makePace } from '../../../../server/src/dispatcher/pace.ts';
import type { TrackedNode } from '../../../../server/src/dispatcher/node-book.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';

const MIB = 1024 * 1024;
const large = (letter: string, mib = 1): string => letter.repeat(mib * MIB);

describe('pacing of large messages', () => {
  function setUp() {
    const clock = makeFakeClock();
    const sent: string[] = [];
    const refused: string[] = [];
    const pace = makePace({
      clock,
      sendTo: (node, _, tail) => sent.push(`${node.name} ${tail.slice(0, 1)}`),
      refuse: (reason) => refused.push(reason),
    });
    const node = (name: string): TrackedNode =>
      ({ orgId: 'guid', name, jobs: new Map() }) as Partial<TrackedNode> as TrackedNode;
    const send = (to: TrackedNode, tail: string): void => {
      pace.sendTo(to, clock.now(), tail);
    };
    return { clock, sent, refused, pace, node, send };
  }

  it('sends small messages at once, whatever waits', () => {
    const { sent, pace, node, send } = setUp();
    for (let i = 0; i < 100; i++) send(node(`n${i}`), large('c'));
    sent.length = 0;
    send(node('quick'), 'r');
    assert.deepEqual(sent, ['quick r']);
    pace.stop();
  });

  it('has at most 32 MiB on their way; an answer makes room for the next', () => {
    const { sent, pace, node, send, clock } = setUp();
    const nodes = Array.from({ length: 100 }, (_, i) => node(`n${i}`));
    for (const one of nodes) send(one, large('c'));
    assert.equal(sent.length, 32);
    for (const one of nodes.slice(0, 10)) pace.answered(one);
    assert.equal(sent.length, 42);
    pace.answered(node('stranger'));
    assert.equal(sent.length, 42);
    for (const one of nodes) pace.answered(one);
    assert.equal(sent.length, 100);
    assert.deepEqual(
      sent,
      nodes.map(({ name }) => `${name} c`),
    );
    pace.stop();
    assert.equal(clock.waiting(), 0);
  });

  it('does not wait longer than half a second for nodes that do not answer', async () => {
    const { sent, node, send, clock } = setUp();
    for (let i = 0; i < 100; i++) send(node(`n${i}`), large('c'));
    await clock.advance(499);
    assert.equal(sent.length, 32);
    await clock.advance(1);
    assert.equal(sent.length, 64);
    await clock.advance(1000);
    assert.equal(sent.length, 100);
    await clock.advance(500);
    assert.equal(clock.waiting(), 0);
  });

  it('keeps the order of the messages to one node', () => {
    const { sent, pace, node, send } = setUp();
    const [first, second] = [node('first'), node('second')];
    send(first, large('c', 30));
    send(second, large('c', 3));
    send(second, 'a');
    send(second, large('d'));
    assert.deepEqual(sent, ['first c']);
    pace.answered(first);
    assert.deepEqual(sent, ['first c', 'second c', 'second a', 'second d']);
    pace.stop();
  });

  it('lets a message go alone that is larger than the window', () => {
    const { sent, pace, node, send } = setUp();
    send(node('first'), large('c', 40));
    send(node('second'), large('c', 40));
    assert.deepEqual(sent, ['first c']);
    pace.stop();
  });

  it('forgets what waits for a node that is gone, and gives its room to others', () => {
    const { sent, pace, node, send } = setUp();
    const [first, second, third] = [node('first'), node('second'), node('third')];
    send(first, large('c', 30));
    send(second, large('c', 30));
    send(third, large('c', 30));
    pace.forget(second);
    assert.deepEqual(sent, ['first c']);
    pace.forget(first);
    assert.deepEqual(sent, ['first c', 'third c']);
    pace.stop();
  });

  it('lets 32 messages wait for one node', () => {
    const { refused, pace, node, send } = setUp();
    send(node('first'), large('c', 30));
    const second = node('second');
    send(second, large('c', 30));
    for (let i = 0; i < 32; i++) send(second, 'a');
    assert.deepEqual(refused, ['too_many_waiting']);
    pace.stop();
  });
});
