/**
 * Removes PKCS#1 v1.5 encryption padding (RFC 8017, 7.2.2) from a block that RSA decrypted without padding.
 * Takes the same path for every block of the same size: neither time nor answer tells an attacker where a
 * bad block was bad (the attack of Bleichenbacher). Answers `substitute` for a bad block (implicit rejection).
 * `length` is the size, in bytes, that the message must have; `substitute` has that size.
 */
export function unpadPkcs1(block: Buffer, length: number, substitute: Buffer): Buffer {
  const start = block.length - length;
  // EM = 0x00 || 0x02 || at least eight non-zero bytes || 0x00 || message
  let bad = start < 11 ? 1 : 0;
  bad |= byteAt(block, 0);
  bad |= byteAt(block, 1) ^ 0x02;
  for (let i = 2; i < start - 1; i++) bad |= isZero(byteAt(block, i));
  bad |= byteAt(block, start - 1);
  const mask = -isZero(bad) & 0xff; // 0xff for a good block, 0x00 for a bad one
  const message = Buffer.alloc(length);
  for (let i = 0; i < length; i++) {
    message[i] = (byteAt(block, start + i) & mask) | (byteAt(substitute, i) & ~mask);
  }
  return message;
}

/** Outside of the bytes only where the block is too short, and with that bad already. */
function byteAt(bytes: Buffer, index: number): number {
  return bytes[index] ?? 0;
}

/** 1 for zero, 0 for any other byte; no branch. */
function isZero(byte: number): number {
  return ((byte - 1) >>> 31) & 1;
}
