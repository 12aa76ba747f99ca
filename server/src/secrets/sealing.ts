import sodium from 'sodium-native';
import type { LockedSecret } from './locked-memory.ts';
import { SecretsError } from './secrets-error.ts';

/** A key that seals rows, out of reach but while it is used. */
export interface SealingKey {
  id: number;
  secret: LockedSecret;
}

/** Sealed bytes and the number of their key. */
interface Sealed {
  keyId: number;
  bytes: Buffer;
}

const NONCE_BYTES = sodium.crypto_secretbox_NONCEBYTES;
const MAC_BYTES = sodium.crypto_secretbox_MACBYTES;

/** Seals with a fresh nonce, which stands before the box (XSalsa20 and Poly1305). */
export function sealWith(key: SealingKey, plain: Buffer): Sealed {
  // From the shared pool: all of it is overwritten at once.
  const bytes = Buffer.allocUnsafe(NONCE_BYTES + MAC_BYTES + plain.length);
  const nonce = bytes.subarray(0, NONCE_BYTES);
  sodium.randombytes_buf(nonce);
  const box = bytes.subarray(NONCE_BYTES);
  key.secret.with((secret) => {
    sodium.crypto_secretbox_easy(box, plain, nonce, secret);
  });
  return { keyId: key.id, bytes };
}

/** Opens what `sealWith` made with one of these keys. */
export function openWith(keys: readonly SealingKey[], keyId: number, bytes: Buffer): Buffer {
  const key = keys.find(({ id }) => id === keyId);
  if (key === undefined) {
    throw new SecretsError(
      'missing_key',
      `a stored value is sealed with key ${keyId}, which is not here`,
    );
  }
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const box = bytes.subarray(NONCE_BYTES);
  if (box.length >= MAC_BYTES) {
    const plain = Buffer.allocUnsafe(box.length - MAC_BYTES);
    const opened = key.secret.with((secret) =>
      sodium.crypto_secretbox_open_easy(plain, box, nonce, secret),
    );
    if (opened) return plain;
  }
  throw new SecretsError(
    'changed',
    `a stored value that key ${keyId} has sealed was changed, or another key has this number`,
  );
}
