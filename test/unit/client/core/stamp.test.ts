import assert from 'node:assert/strict';
import { makeStamp } from '../../../../client/src/core/stamp.ts';

const SKEW = 300_000;
const T = 1_800_000_000_000;

describe('the time that an agent sends with (Z4)', () => {
  it('is that of its clock, as long as nothing is known of the server', () => {
    const stamp = makeStamp();
    assert.deepEqual([stamp.next(T, SKEW), stamp.next(T - 5000, SKEW)], [T, T - 5000]);
  });

  it('stands still when the clock is set back, until that has come up to it', () => {
    const stamp = makeStamp();
    stamp.heard(T);
    const said = [200_000, 0, 150_000, 201_000].map((ahead) => stamp.next(T + ahead, SKEW) - T);
    assert.deepEqual(said, [200_000, 200_000, 200_000, 201_000]);
  });

  it('goes back with a clock that was so far ahead that the server took nothing', () => {
    const stamp = makeStamp();
    stamp.heard(T);
    const said = [3_600_000, 0, 1000].map((ahead) => stamp.next(T + ahead, SKEW) - T);
    assert.deepEqual(said, [3_600_000, 0, 1000]);
  });
});
