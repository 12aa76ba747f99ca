import assert from 'node:assert/strict';
import fc from 'fast-check';
import { findDuplicateKeys } from '../../../../server/src/http/duplicate-key.ts';

describe('keys that a JSON document repeats', () => {
  const rows: readonly (readonly [text: string, found: string | undefined])[] = [
    ['{"env":{"A":"1","B":"2"}}', undefined],
    ['{"env":{"A":"1","A":"2"}}', 'A'],
    ['{ "env" : { "A" : "1" , "\\u0041" : "2" } }', 'A'],
    ['{"env":{"A":"A","B":"A"}}', undefined],
    ['{"env":{"a\\"":"1","a\\\\":"2"}}', undefined],
    ['{"env":{},"x":{"A":1,"A":2}}', undefined],
    ['{"x":{"env":{"A":1,"A":2}}}', undefined],
    ['{"env":{"x":{"A":1,"A":2}}}', undefined],
    ['{"env":[{"A":1,"A":2}]}', undefined],
    ['{"env":{"A":"1","A":"2"},"env":{"A":"1"}}', undefined],
    ['{"env":{"A":"1"},"env":{"B":"1","B":"2"}}', 'B'],
    ['{"a":"\\"env\\":{","env":{"}":"1","{":"2","}":"3"}}', '}'],
    ['[]', undefined],
  ];
  for (const [text, found] of rows) {
    it(`finds ${String(found)} in ${text}`, () => {
      assert.equal(findDuplicateKeys(text, 'env').inMember, found);
    });
  }

  it('finds the keys of the document itself', () => {
    assert.equal(findDuplicateKeys('{"a":{"b":1,"b":1},"b":[],"\\u0061":2}', 'env').own, 'a');
    assert.equal(findDuplicateKeys('{"a":{"a":1},"b":[{"b":2}]}', 'env').own, undefined);
  });

  it('finds none in what JSON.stringify wrote, and one where a member was put twice', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.string(), { minKeys: 1 }),
        fc.json(),
        (env, other) => {
          const members = Object.entries(env).map(
            ([k, v]) => `${JSON.stringify(k)}: ${JSON.stringify(v)}`,
          );
          const doc = (all: string[]): string => `{"x":${other},"env":{${all.join(',')}}}`;
          assert.equal(findDuplicateKeys(doc(members), 'env').inMember, undefined);
          assert.equal(
            findDuplicateKeys(doc([...members, members[0]!]), 'env').inMember,
            Object.keys(env)[0],
          );
        },
      ),
    );
  });
});
