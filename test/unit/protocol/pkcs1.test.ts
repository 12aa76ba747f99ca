import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { unpadPkcs1 } from '@pushy/protocol';

const substitute = Buffer.alloc(32, 0x55);

/** RFC 8017, 7.2.2 step 3, read plainly: the message starts after the first zero of the padding. */
function plainUnpad(block: Buffer, length: number): Buffer | undefined {
  if (block[0] !== 0 || block[1] !== 2) return undefined;
  const zero = block.indexOf(0, 2);
  if (zero < 10) return undefined;
  const message = block.subarray(zero + 1);
  return message.length === length ? message : undefined;
}

function padded(message: Buffer, filler: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0, 2]), filler, Buffer.from([0]), message]);
}

const message = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
const filler = fc
  .array(fc.integer({ min: 1, max: 255 }), { minLength: 8, maxLength: 221 })
  .map((bytes) => Buffer.from(bytes));

describe('unpadPkcs1', () => {
  it('answers the message of every well padded block', () => {
    fc.assert(
      fc.property(message, filler, (message, filler) => {
        assert.deepEqual(unpadPkcs1(padded(message, filler), 32, substitute), message);
      }),
      { numRuns: 1000 },
    );
  });

  it('answers as a plain implementation does, for well padded blocks with up to three bytes changed', () => {
    const changes = fc.array(fc.tuple(fc.nat(263), fc.constantFrom(0, 1, 2, 3, 0x80, 0xff)), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(message, filler, changes, (message, filler, changes) => {
        const block = padded(message, filler);
        for (const [at, byte] of changes) block[at % block.length] = byte;
        const plain = plainUnpad(block, 32) ?? substitute;
        assert.deepEqual(unpadPkcs1(block, 32, substitute), plain);
      }),
      { numRuns: 5000 },
    );
  });

  it('answers as a plain implementation does, for any bytes and any length', () => {
    const byte = fc.oneof(fc.constantFrom(0, 2), fc.integer({ min: 0, max: 255 }));
    const start = fc.constantFrom([], [0], [0, 2], [0, 2, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
    fc.assert(
      fc.property(start, fc.array(byte, { maxLength: 64 }), fc.nat(40), (start, rest, length) => {
        const block = Buffer.from([...start, ...rest]);
        const instead = Buffer.alloc(length, 0x55);
        assert.deepEqual(unpadPkcs1(block, length, instead), plainUnpad(block, length) ?? instead);
      }),
      { numRuns: 5000 },
    );
  });

  const eight = Buffer.alloc(8, 0xff);
  const text = Buffer.alloc(32, 0xaa);
  const bad: Record<string, Buffer> = {
    'an empty block': Buffer.alloc(0),
    'a block shorter than the message': Buffer.alloc(20, 1),
    'a first byte other than 0': padded(text, eight).fill(1, 0, 1),
    'block type 1': padded(text, eight).fill(1, 1, 2),
    'a filler of seven bytes': padded(text, eight.subarray(1)),
    'a zero in the filler': padded(text, Buffer.concat([eight, Buffer.from([0]), eight])),
    'no zero before the message': padded(text, eight).fill(7, 10, 11),
    'a message one byte shorter': padded(text.subarray(1), Buffer.concat([eight, eight])),
    'a message one byte longer': padded(Buffer.alloc(33, 0xaa), eight),
  };
  for (const [title, block] of Object.entries(bad)) {
    it(`answers the substitute for ${title}`, () => {
      assert.deepEqual(unpadPkcs1(block, 32, substitute), substitute);
    });
  }

  it('takes the shortest filler that is allowed, and leaves its arguments alone', () => {
    const block = padded(text, eight);
    const before = Buffer.from(block);
    assert.deepEqual(unpadPkcs1(block, 32, substitute), text);
    assert.deepEqual(block, before);
    assert.deepEqual(substitute, Buffer.alloc(32, 0x55));
  });
});
