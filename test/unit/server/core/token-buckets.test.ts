import assert from 'node:assert/strict';
import { makeTokenBuckets } from '../../../../server/src/core/token-buckets.ts';

describe('token buckets', () => {
  const taken = (
    buckets: ReturnType<typeof makeTokenBuckets>,
    key: string,
    n: number,
    at: number,
  ) => Array.from({ length: n }, () => buckets.take(key, at)).filter(Boolean).length;

  it('gives a burst at once, then the rate', () => {
    const buckets = makeTokenBuckets({ rate: 10, burst: 5 });
    assert.equal(taken(buckets, 'a', 8, 0), 5);
    assert.equal(taken(buckets, 'a', 8, 99), 0);
    assert.equal(taken(buckets, 'a', 8, 100), 1);
    assert.equal(taken(buckets, 'a', 8, 400), 3);
    assert.equal(taken(buckets, 'a', 8, 100_000), 5);
  });

  it('takes from one key alone', () => {
    const buckets = makeTokenBuckets({ rate: 1, burst: 2 });
    assert.equal(taken(buckets, 'a', 100, 0), 2);
    assert.equal(taken(buckets, 'b', 1, 0), 1);
  });

  it('gives nothing when the clock is set back, and goes on from there', () => {
    const buckets = makeTokenBuckets({ rate: 1, burst: 2 });
    assert.equal(taken(buckets, 'a', 3, 1_000_000), 2);
    assert.equal(taken(buckets, 'a', 3, 500_000), 0);
    assert.equal(taken(buckets, 'a', 3, 501_000), 1);
  });

  it('forgets keys that would be full again, and no others', () => {
    const buckets = makeTokenBuckets({ rate: 1, burst: 10 });
    assert.equal(taken(buckets, 'busy', 10, 0), 10);
    for (let i = 0; i < 1000; i++) buckets.take(`${i}`, 1);
    assert.equal(buckets.take('busy', 1_000), true);
    assert.equal(buckets.take('busy', 1_000), false);
    // Two turns of ten seconds later only what was seen since is kept.
    assert.equal(taken(buckets, 'busy', 20, 10_500), 9);
    assert.equal(taken(buckets, 'busy', 20, 21_000), 10);
    assert.equal(taken(buckets, 'busy', 20, 32_000), 10);
    assert.equal(buckets.size(), 1);
  });
});
