import assert from 'node:assert/strict';
import { pingsFor } from '../../../../client/src/core/pings.ts';

/** What a new connection waits for at most, in intervals. */
const RECONNECT = 0.5;

describe('pings of the command channel', () => {
  it('Decision 9: find a connection that is half there so early that a new one stands within five intervals', () => {
    for (const intervalMs of [1000, 2500, 60_000]) {
      const { everyMs, timeoutMs } = pingsFor(intervalMs);
      assert.ok(everyMs + timeoutMs + RECONNECT * intervalMs < 5 * intervalMs);
    }
  });

  it('give a server a second for the answer, however short the interval', () => {
    assert.deepEqual(pingsFor(100), { everyMs: 200, timeoutMs: 1000 });
  });
});
