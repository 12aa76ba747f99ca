import assert from 'node:assert/strict';
import { readQuorum } from '../../../knife-bridge/src/quorum.ts';

describe('readQuorum', () => {
  it('takes a count as it is, more than the nodes included', () => {
    assert.deepEqual(
      ['0', '1', '145', '999'].map((text) => readQuorum(text, 3)),
      [0, 1, 145, 999],
    );
  });

  it('rounds a percentage up', () => {
    assert.deepEqual(
      ['0%', '1%', '50%', '67%', '100%', '150%'].map((text) => readQuorum(text, 3)),
      [0, 1, 2, 3, 3, 5],
    );
  });

  it('is exact where a fraction of doubles is not', () => {
    assert.equal(readQuorum('7%', 100), 7);
    assert.equal(readQuorum('55%', 100), 55);
  });

  it('refuses any other text', () => {
    for (const text of ['', '%', 'most', '-1', '1.5', '50 %', '50%%', '1\n2']) {
      assert.equal(readQuorum(text, 3), undefined, text);
    }
  });
});
