import assert from 'node:assert/strict';
import { afterLong } from '../../../../server/src/dispatcher/long-timer.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';

describe('timers longer than Node can wait', () => {
  const year = 365 * 24 * 3600 * 1000;

  it('8.3 waits the whole time of a run timeout of years', async () => {
    const clock = makeFakeClock();
    const asked: number[] = [];
    let fired = false;
    const after = (ms: number, action: () => void) => {
      asked.push(ms);
      return clock.after(ms, action);
    };
    afterLong({ after }, year, () => (fired = true));
    await clock.advance(year - 1);
    assert.equal(fired, false);
    await clock.advance(1);
    assert.equal(fired, true);
    assert.ok(asked.every((ms) => ms < 2 ** 31));
  });

  it('can be cancelled in any of its parts', async () => {
    for (const passed of [0, year / 2]) {
      const clock = makeFakeClock();
      let fired = false;
      const cancel = afterLong(clock, year, () => (fired = true));
      await clock.advance(passed);
      cancel();
      await clock.advance(year);
      assert.equal(fired, false);
      assert.equal(clock.waiting(), 0);
    }
  });
});
