import { strict as assert } from 'node:assert';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { hmacSha256 } from '../../../protocol/src/hmac.ts';

const bytes = (length: { minLength?: number; maxLength: number }): fc.Arbitrary<Buffer> =>
  fc.uint8Array(length).map((array) => Buffer.from(array));

describe('The HMAC of a message', () => {
  it('is that of RFC 4231', () => {
    const key = Buffer.alloc(20, 0x0b);
    const expected = 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7';
    const given = Buffer.from(hmacSha256('Hi There', key), 'base64').toString('hex');
    assert.equal(given, expected);
  });

  it('is that of node:crypto for any text, any bytes and any key', () => {
    const text = fc.string({ unit: 'binary', maxLength: 400 });
    fc.assert(
      fc.property(fc.oneof(text, bytes({ maxLength: 400 })), bytes({ maxLength: 80 }), isSame),
      { numRuns: 200 },
    );
  });

  it('is that of node:crypto around the length up to which there is room', () => {
    const key = Buffer.alloc(32, 7);
    for (const length of [0, 1, 63, 64, 65, 2_730, 2_731, 8_191, 8_192, 8_193, 20_000]) {
      isSame('x'.repeat(length), key);
      isSame('€'.repeat(length), key);
      isSame(Buffer.alloc(length, 'y'), key);
    }
  });
});

function isSame(message: Buffer | string, key: Buffer): void {
  const expected = createHmac('sha256', key).update(message).digest('base64');
  assert.equal(hmacSha256(message, key), expected);
}
