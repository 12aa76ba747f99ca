import assert from 'node:assert/strict';
import { KeyObject } from 'node:crypto';
import { makeParsedKeys } from '../../../../server/src/http/parsed-keys.ts';
import { newKeyPair } from '../../../helpers/keys.ts';

describe('Parsed keys', () => {
  it('are the same object for the same text, another one for another text', () => {
    const parse = makeParsedKeys();
    const [first, second] = [newKeyPair().publicKey, newKeyPair().publicKey];
    const key = parse(first);
    assert.ok(key instanceof KeyObject);
    assert.equal(parse(first), key);
    const other = parse(second);
    assert.ok(other instanceof KeyObject);
    assert.ok(!other.equals(key));
  });

  it('leave a text that is no key as it is', () => {
    assert.equal(makeParsedKeys()('no key'), 'no key');
  });

  it('are forgotten, the oldest first, when there are too many', () => {
    const parse = makeParsedKeys();
    const { publicKey } = newKeyPair();
    const key = parse(publicKey);
    // What stands behind the end of a PEM text changes nothing of its key.
    for (let i = 0; i < 999; i++) parse(`${publicKey}${i}`);
    assert.equal(parse(publicKey), key);
    parse(`${publicKey}999`);
    assert.notEqual(parse(publicKey), key);
  });
});
