import assert from 'node:assert/strict';
import { getEntry, isHash, isSymbol, toPlain, type RubyValue } from '@pushy/ruby-config';
import { hash, isSame, setEntry, symbol } from '../../../ruby-config/src/values.ts';

describe('ruby-config values', () => {
  it('become plain data', () => {
    const value = hash([
      ['text', symbol('s')],
      [symbol('sym'), [1, null, true]],
      [
        { kind: 'regexp', source: 'a/b', flags: 'i' },
        { kind: 'constant', name: 'STDOUT' },
      ],
      [2, 'two'],
      [null, 'nil'],
    ]);
    assert.deepEqual(toPlain(value), {
      text: 's',
      sym: [1, null, true],
      '/a/b/i': 'STDOUT',
      2: 'two',
      null: 'nil',
    });
  });

  it('compare as Ruby compares', () => {
    const regexp = (source: string): RubyValue => ({ kind: 'regexp', source, flags: '' });
    const equal: [RubyValue, RubyValue][] = [
      ['a', 'a'],
      [symbol('a'), symbol('a')],
      [
        [1, ['x']],
        [1, ['x']],
      ],
      [
        hash([
          ['a', 1],
          ['b', 2],
        ]),
        hash([
          ['b', 2],
          ['a', 1],
        ]),
      ],
      [regexp('a'), regexp('a')],
    ];
    const different: [RubyValue, RubyValue][] = [
      ['a', symbol('a')],
      [symbol('a'), symbol('b')],
      [symbol('STDOUT'), { kind: 'constant', name: 'STDOUT' }],
      [[1], [1, 2]],
      [[1], hash()],
      [hash(), [1]],
      [hash([['a', 1]]), hash([['a', 2]])],
      [hash([['a', 1]]), hash()],
      [hash(), symbol('a')],
      [symbol('a'), regexp('a')],
      [regexp('a'), regexp('b')],
      [null, false],
      [null, hash()],
    ];
    for (const [a, b] of equal) assert.ok(isSame(a, b), JSON.stringify([a, b]));
    for (const [a, b] of different) assert.ok(!isSame(a, b), JSON.stringify([a, b]));
  });

  it('keep each key of a hash once, at its first place', () => {
    const value = hash([
      ['a', 1],
      ['b', 2],
      ['a', 3],
    ]);
    setEntry(value, [1], 'list');
    assert.deepEqual(value.entries, [
      ['a', 3],
      ['b', 2],
      [[1], 'list'],
    ]);
    assert.equal(getEntry(value, [1]), 'list');
    assert.equal(getEntry(value, symbol('a')), null);
  });

  it('are told apart by kind', () => {
    assert.deepEqual([hash(), symbol('a'), 'a', null, []].map(isHash), [
      true,
      false,
      false,
      false,
      false,
    ]);
    assert.deepEqual([hash(), symbol('a'), 'a', null, []].map(isSymbol), [
      false,
      true,
      false,
      false,
      false,
    ]);
  });
});
