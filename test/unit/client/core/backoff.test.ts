import assert from 'node:assert/strict';
import { backoff } from '../../../../client/src/core/backoff.ts';

describe('backoff (Decision 9)', () => {
  it('doubles its bound up to the cap', () => {
    const bounds = [0, 1, 2, 3, 4, 50].map((attempt) => backoff(attempt, 1000, () => 1));
    assert.deepEqual(bounds, [100, 200, 400, 800, 1000, 1000]);
  });
  it('waits anything from nothing to its bound', () => {
    assert.equal(
      backoff(9, 1000, () => 0),
      0,
    );
    assert.equal(
      backoff(9, 1000, () => 0.25),
      250,
    );
  });
  it('never passes a cap that is smaller than its first step', () => {
    assert.equal(
      backoff(0, 20, () => 1),
      20,
    );
  });
});
