import assert from 'node:assert/strict';
import { makeDropCounter } from '../../../../server/src/zmq/drop-counter.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';
import { makeLog } from '../../../helpers/logs.ts';

describe('drop counter', () => {
  it('warns at once, then at most every ten seconds, and counts all', async () => {
    const [clock, log] = [makeFakeClock(), makeLog()];
    const dropped = makeDropCounter({ clock, log }, 'dropped');
    for (let i = 0; i < 5; i++) dropped.count();
    await clock.advance(9_999);
    assert.equal(log.lines.length, 1);
    await clock.advance(1);
    await clock.advance(10_000);
    for (let i = 0; i < 2; i++) dropped.count();
    assert.deepEqual(
      log.lines.map(({ fields }) => fields),
      [
        { dropped: 1, total: 1 },
        { dropped: 4, total: 5 },
        { dropped: 1, total: 6 },
      ],
    );
    dropped.stop();
    assert.equal(clock.waiting(), 0);
    dropped.stop();
  });
});
