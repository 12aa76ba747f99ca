import assert from 'node:assert/strict';
import * as s from '../../../protocol/src/shape.ts';

describe('shapes of JSON values', () => {
  const shape = s.object({ name: s.someText, size: s.optional(s.number), of: s.listOf(s.text) });

  it('take an object with its members and any others', () => {
    assert.equal(shape({ name: 'a', of: [], more: 1 }), true);
    assert.equal(shape({ name: 'a', size: 0.5, of: ['b'] }), true);
  });
  for (const value of [
    null,
    'a',
    [],
    {},
    { name: '', of: [] },
    { name: 'a' },
    { name: 'a', of: [1] },
    { name: 'a', of: 'b' },
    { name: 'a', of: {} },
    { name: 'a', of: [], size: '1' },
    { name: 'a', of: [], size: null },
    { name: 'a', of: [], size: undefined },
    { name: 'a', of: [], size: Infinity },
    Object.create({ name: 'a', of: [] }) as unknown,
  ]) {
    it(`refuse ${JSON.stringify(value)}`, () => {
      assert.equal(shape(value), false);
    });
  }
  it('have choices, null and records', () => {
    const either = s.anyOf(s.oneOf('x', 'y'), s.orNull(s.recordOf(s.integer)), s.boolean);
    for (const good of ['x', 'y', null, {}, { a: 1 }, true]) assert.equal(either(good), true);
    for (const bad of ['z', [], { a: 1.5 }, 1, undefined]) assert.equal(either(bad), false);
  });
});
