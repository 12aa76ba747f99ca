import assert from 'node:assert/strict';
import fc from 'fast-check';
import { curveKeyPair } from 'zeromq';
import { decodeZ85, encodeZ85 } from '../../../../server/src/zmq/z85.ts';

describe('Z85', () => {
  it('writes and reads the example of ZeroMQ RFC 32', () => {
    const bytes = Buffer.from('864fd26fb559f75b', 'hex');
    assert.equal(encodeZ85(bytes), 'HelloWorld');
    assert.deepEqual(decodeZ85('HelloWorld'), bytes);
  });

  it('reads what libzmq writes', () => {
    for (let i = 0; i < 20; i++) {
      const { publicKey } = curveKeyPair();
      const bytes = decodeZ85(publicKey);
      assert.equal(bytes?.length, 32);
      assert.equal(encodeZ85(bytes), publicKey);
    }
  });

  it('REFERENCE 8.2 accepts forty digits', () => {
    assert.equal(decodeZ85('1234567890'.repeat(4))?.length, 32);
  });

  it('gives any bytes back', () => {
    const words = fc.array(fc.uint8Array({ minLength: 4, maxLength: 4 }));
    fc.assert(
      fc.property(words, (groups) => {
        const bytes = Buffer.concat(groups);
        assert.deepEqual(decodeZ85(encodeZ85(bytes)), bytes);
      }),
    );
  });

  it('H7 says of any text whether it is Z85, without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const bytes = decodeZ85(text);
        assert.equal(bytes === undefined ? text : encodeZ85(bytes), text);
      }),
    );
  });

  for (const [what, text] of [
    ['a length that is no multiple of 5', 'abcd'],
    ['a blank', 'ab de'],
    ['a character beyond ASCII', 'abcdé'],
    ['a character of two units', 'abc😀'],
    ['a group beyond 32 bits', '#####'],
    ['the smallest group beyond 32 bits', '%nSc1'],
  ] as const) {
    it(`H7 refuses ${what}`, () => {
      assert.equal(decodeZ85(text), undefined);
    });
  }

  it('reads the largest group of 32 bits', () => {
    assert.deepEqual(decodeZ85('%nSc0'), Buffer.from('ffffffff', 'hex'));
  });

  it('does not write bytes whose number is no multiple of 4', () => {
    assert.throws(() => encodeZ85(Buffer.alloc(5)), RangeError);
  });
});
