import {
  constants,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  createPublicKey,
  type KeyObject,
} from 'node:crypto';
import { ProtocolError } from './errors.ts';
import { SESSION_KEY_BYTES } from './limits.ts';
import { unpadPkcs1 } from './pkcs1.ts';

/** A session key on its way to a node (REFERENCE 8.2, `encoded_session_key`). */
export interface EncodedSessionKey {
  method: 'hmac_sha256';
  /** base64, one line, of the RSA PKCS#1 v1.5 encryption under the requester's public key. */
  key: string;
}

/** Encrypts a session key for the holder of `publicKey`: PKCS#1, SPKI or X.509 PEM, or a key object. */
export function wrapSessionKey(
  sessionKey: Buffer,
  publicKey: string | KeyObject,
): EncodedSessionKey {
  const key = typeof publicKey === 'string' ? createPublicKey(publicKey) : publicKey;
  const wrapped = publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, sessionKey);
  return { method: 'hmac_sha256', key: wrapped.toString('base64') };
}

/**
 * Decrypts a session key (32 bytes). What was encrypted for another key, or padded badly, yields 32 random bytes, so
 * that nothing can be learnt from the answer: a wrong key shows itself at the first signature. Throws ProtocolError
 * when the text is not one block of the size of the key.
 */
export function unwrapSessionKey(encoded: EncodedSessionKey, privateKey: KeyObject): Buffer {
  const wrapped = Buffer.from(encoded.key, 'base64');
  const size = Math.ceil((privateKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  if (wrapped.length !== size) {
    throw new ProtocolError(
      'bad_session_key',
      `the wrapped session key has ${wrapped.length} bytes, this RSA key unwraps ${size}: was it wrapped for another key?`,
    );
  }
  const substitute = randomBytes(SESSION_KEY_BYTES);
  try {
    // Node 20 refuses RSA_PKCS1_PADDING here (CVE-2023-46809); RSA_NO_PADDING works on every version.
    const block = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, wrapped);
    return unpadPkcs1(block, SESSION_KEY_BYTES, substitute);
  } catch (cause) {
    // A number above the modulus: made for another key of the same size, and no different from any other such.
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_OSSL_RSA_DATA_TOO_LARGE_FOR_MODULUS') return substitute;
    throw new ProtocolError('bad_session_key', 'the session key cannot be unwrapped', cause);
  }
}
