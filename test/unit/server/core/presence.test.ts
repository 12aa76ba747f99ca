import assert from 'node:assert/strict';
import {
  advance,
  firstHeard,
  heard,
  isAlive,
  type Liveness,
} from '../../../../server/src/core/presence.ts';

const I = 1000;
const SETTINGS = { heartbeatInterval: I, downThreshold: 0.6, decayWindow: 4 };
const alive = (liveness: Liveness, at: number) => isAlive({ ...liveness }, at, SETTINGS);

/** A node that beats every `period` ms for `count` beats. */
function beating(period: number, count: number): { liveness: Liveness; last: number } {
  const liveness = firstHeard(0, SETTINGS);
  for (let i = 1; i < count; i++) heard(liveness, i * period, SETTINGS);
  return { liveness, last: (count - 1) * period };
}

describe('liveness maths (REFERENCE 14)', () => {
  it('14 begins at twice the threshold with one heartbeat', () => {
    assert.deepEqual(firstHeard(5, SETTINGS), { average: 1.2, intervalStart: 5, beats: 1 });
  });

  it('14 advance does nothing within an interval, or when the clock was set back', () => {
    for (const now of [999, 0, -5000]) {
      const liveness = firstHeard(0, SETTINGS);
      advance(liveness, now, SETTINGS);
      assert.deepEqual(liveness, firstHeard(0, SETTINGS));
    }
  });

  it('14 advance weighs the interval that is over, then decays for the silent ones', () => {
    const liveness = { average: 1, intervalStart: 0, beats: 2 };
    advance(liveness, 3 * I + 1, SETTINGS);
    assert.ok(Math.abs(liveness.average - (1 * 0.75 + 2 * 0.25) * 0.75 ** 2) < 1e-12);
    assert.equal(liveness.intervalStart, 3 * I);
    assert.equal(liveness.beats, 0);
  });

  it('14 a node that beat regularly dies once 3 full intervals are over', () => {
    const { liveness } = beating(I, 100);
    assert.ok(Math.abs(liveness.average - 1) < 0.01);
    const start = liveness.intervalStart;
    assert.equal(alive(liveness, start + 3 * I - 1), true);
    assert.equal(alive(liveness, start + 3 * I), false);
  });

  it('14 a node that was seen once dies after 4 intervals', () => {
    const liveness = firstHeard(0, SETTINGS);
    assert.equal(alive(liveness, 4 * I - 1), true);
    assert.equal(alive(liveness, 4 * I), false);
  });

  it('14 an agent that beats every 1.3 intervals survives every scan', () => {
    const liveness = firstHeard(0, SETTINGS);
    for (let beat = 1; beat < 2000; beat++) {
      for (const at of [0.1, 0.5, 0.99]) {
        assert.ok(alive(liveness, (beat - 1 + at) * 1.3 * I), `beat ${beat}`);
      }
      heard(liveness, beat * 1.3 * I, SETTINGS);
    }
  });

  it('14 an agent that beats every 1.4 intervals or slower is found down at last', () => {
    for (const period of [1.4, 1.5, 2, 3]) {
      const liveness = firstHeard(0, SETTINGS);
      const down = Array.from({ length: 2000 }, (_, i) => i + 1).some((beat) => {
        const before = alive(liveness, beat * period * I - 1);
        heard(liveness, beat * period * I, SETTINGS);
        return !before || !alive(liveness, beat * period * I);
      });
      assert.ok(down, `every ${period} intervals`);
    }
  });

  it('14 a silent node is found within 7 intervals by scans every 4', () => {
    for (let offset = 0; offset < 4 * I; offset += 100) {
      const { liveness, last } = beating(I, 50);
      const scans = Array.from({ length: 50 }, (_, i) => offset + (i + 1) * 4 * I);
      const found = scans.find((at) => at > last && !alive(liveness, at));
      assert.ok(found !== undefined && found - last >= 2 * I && found - last <= 7 * I);
    }
  });

  it('N5 a heartbeat of a slow node neither ends it nor excuses it', () => {
    const liveness = { average: 0.6, intervalStart: 0, beats: 0 };
    heard(liveness, 2 * I, SETTINGS);
    assert.equal(liveness.beats, 1);
    assert.equal(alive(liveness, 2 * I), false);
  });

  it('N5 a heartbeat after a pause begins anew instead of ending the node', () => {
    const { liveness, last } = beating(I, 50);
    heard(liveness, last + 60 * I, SETTINGS);
    assert.deepEqual(liveness, firstHeard(last + 60 * I, SETTINGS));
    assert.equal(alive(liveness, last + 61 * I), true);
  });
});
