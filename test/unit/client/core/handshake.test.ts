import assert from 'node:assert/strict';
import { handshakeMs, mayBeCrowded } from '../../../../client/src/core/handshake.ts';

const least = (): number => 0;
const most = (): number => 0.99999;
const here = { wasAway: false, lates: 0 };

describe('how long a handshake may take (Decision 9)', () => {
  it('is short for a server that was there a moment ago, and never less than one interval', () => {
    assert.deepEqual(
      [handshakeMs(1000, here, most), handshakeMs(10_000, here, most)],
      [3000, 10_000],
    );
  });

  it('is long, and not the same for each, for a server to which all nodes come back after an outage', () => {
    const back = { wasAway: true, lates: 0 };
    assert.deepEqual(
      [handshakeMs(1000, back, least), handshakeMs(40_000, back, most)],
      [30_000, 40_000],
    );
    assert.ok(Math.abs(handshakeMs(1000, back, most) - 21_000) < 2);
  });

  it('grows after late ones, so that a server that is too busy for all comes to an end with them', () => {
    const after = (lates: number, random: () => number): number =>
      Math.round(handshakeMs(1000, { wasAway: false, lates }, random));
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 60].map((n) => after(n, least)),
      [3000, 3000, 3000, 6000, 12_000, 24_000, 30_000],
    );
    assert.deepEqual(
      [2, 3, 4].map((n) => after(n, most)),
      [3000, 6000, 12_000],
    );
  });

  it('is not taken for that of a crowded server for ever', () => {
    const after = (reaches: number) => mayBeCrowded({ wasAway: true, reaches });
    assert.deepEqual([0, 2, 3, 9].map(after), [true, true, false, false]);
    assert.equal(mayBeCrowded({ wasAway: false, reaches: 0 }), false);
  });
});
