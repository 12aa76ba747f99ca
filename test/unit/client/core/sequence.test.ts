import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  advance,
  freshSequence,
  type SequenceState,
} from '../../../../client/src/core/sequence.ts';

function feed(...messages: [sequence: number, timestamp: number, signature?: string][]): boolean[] {
  let state: SequenceState = freshSequence();
  return messages.map(([sequence, timestamp, signature]) => {
    const next = advance(state, {
      sequence,
      timestamp,
      ...(signature === undefined ? {} : { signature }),
    });
    state = next ?? state;
    return next !== undefined;
  });
}

describe('sequence (Z4)', () => {
  it('takes messages in order, with gaps', () => {
    assert.deepEqual(feed([0, 10], [1, 10], [5, 11]), [true, true, true]);
  });
  it('refuses a message that came before', () => {
    assert.deepEqual(feed([1, 10], [2, 11], [2, 11], [1, 10]), [true, true, false, false]);
  });
  it('takes a server that counts anew with a newer time, and refuses what it had said before', () => {
    assert.deepEqual(feed([7, 10], [1, 20], [8, 10], [2, 20]), [true, true, false, true]);
  });
  it('takes messages of a server whose clock steps back', () => {
    assert.deepEqual(feed([1, 100], [2, 90], [3, 91]), [true, true, true]);
  });
  it('takes a server that counts anew within the same second, where nobody else can say anything', () => {
    assert.deepEqual(feed([7, 10, 'a'], [1, 10, 'b'], [2, 10, 'c']), [true, true, true]);
    assert.deepEqual(feed([7, 10, 'a'], [7, 10, 'a'], [1, 9, 'b']), [true, false, false]);
  });
  it('refuses what was said before the server counted anew within the same second', () => {
    const old: [number, number, string] = [2, 5, 'old'];
    assert.deepEqual(feed(old, [0, 5, 'anew'], [1, 6, 'next'], old), [true, true, true, false]);
  });
  it('takes nothing out of order in a second in which more was said than it remembers', () => {
    const many = Array.from({ length: 40 }, (_, i): [number, number, string] => [i, 10, `m${i}`]);
    assert.deepEqual(feed(...many, [0, 10, 'again'], [40, 10, 'next']).slice(-2), [false, true]);
  });
  it('never takes the same message twice', () => {
    const bare = fc.tuple(fc.nat(6), fc.nat(6));
    const signed = bare.map(([n, at]): [number, number, string] => [n, at, `${n} ${at}`]);
    const list = { maxLength: 20 };
    fc.assert(
      fc.property(fc.oneof(fc.array(bare, list), fc.array(signed, list)), (messages) => {
        const verdicts = feed(...messages);
        const taken = messages.filter((_message, index) => verdicts[index]);
        for (const again of taken) assert.equal(feed(...messages, again).at(-1), false);
      }),
      { numRuns: 1000 },
    );
  });
});
