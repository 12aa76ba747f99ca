import { createHmac, hash } from 'node:crypto';

/** Bytes of a block of SHA-256 and of what it gives. */
const BLOCK = 64;
const DIGEST = 32;
/** Characters of an HMAC. */
export const HMAC_LENGTH = 44;
/** Bytes of a text up to which there is room here: nearly every message. */
const ROOM = 8_192;
const inner = Buffer.alloc(BLOCK + ROOM);
const outer = Buffer.alloc(BLOCK + DIGEST);

/**
 * HMAC-SHA256 (RFC 2104) of a text or bytes, in base64. An object for each message, as `createHmac` makes it, costs
 * as much as reading the message: both hashes are made without one where the message is short.
 */
export function hmacSha256(message: Buffer | string, key: Buffer): string {
  // A character is at most three bytes.
  const most = typeof message === 'string' ? 3 * message.length : message.length;
  if (most > ROOM || key.length > BLOCK) {
    return createHmac('sha256', key).update(message).digest('base64');
  }
  for (let i = 0; i < BLOCK; i += 1) {
    const byte = key[i] ?? 0;
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  const length =
    typeof message === 'string' ? inner.write(message, BLOCK) : message.copy(inner, BLOCK);
  outer.write(hash('sha256', inner.subarray(0, BLOCK + length), 'binary'), BLOCK, 'latin1');
  return hash('sha256', outer, 'base64');
}
