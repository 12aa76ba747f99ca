import assert from 'node:assert/strict';
import { makeBoundedQueue } from '../../../client/src/bounded-queue.ts';
import { turn } from '../../helpers/fake-clock.ts';

describe('bounded queue', () => {
  it('gives items in order, before and after they are asked for, and ends with its signal', async () => {
    const queue = makeBoundedQueue<number>(10);
    const end = new AbortController();
    await queue.push(1);
    const seen: number[] = [];
    const reading = (async () => {
      for await (const item of queue.items(end.signal)) seen.push(item);
    })();
    await turn();
    await queue.push(2);
    await turn();
    assert.deepEqual(seen, [1, 2]);
    end.abort();
    await reading;
  });
  it('holds back whoever pushes to a full queue', async () => {
    const queue = makeBoundedQueue<number>(2);
    await queue.push(1);
    await queue.push(2);
    let isIn = false;
    const third = queue.push(3).then(() => (isIn = true));
    await turn();
    assert.equal(isIn, false);
    const items = queue.items(new AbortController().signal);
    assert.equal((await items.next()).value, 1);
    await third;
    assert.equal((await items.next()).value, 2);
    assert.equal((await items.next()).value, 3);
  });
  it('lets waiting ones in when it is cleared', async () => {
    const queue = makeBoundedQueue<number>(1);
    await queue.push(1);
    const second = queue.push(2);
    queue.clear();
    await second;
    assert.equal((await queue.items(new AbortController().signal).next()).value, 2);
  });
});
