import assert from 'node:assert/strict';
import { giveBack } from '../../../../client/src/process/give-back.ts';

/** Allocates much, and keeps nothing. */
function takeMuch(): number {
  const lists = Array.from({ length: 200 }, () => Array.from({ length: 50_000 }, Math.random));
  return lists.length;
}

describe('giveBack', () => {
  it('collects what is not needed any more', () => {
    giveBack();
    const small = process.memoryUsage().heapUsed;
    assert.equal(takeMuch(), 200);
    const grown = process.memoryUsage().heapUsed - small;
    giveBack();
    const left = process.memoryUsage().heapUsed - small;
    assert.ok(left < grown / 2, `${left} of ${grown} bytes are left`);
  });
});
