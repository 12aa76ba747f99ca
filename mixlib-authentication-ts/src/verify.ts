import { constants, createPublicKey, publicDecrypt, verify, type KeyObject } from 'node:crypto';
import { canonicalText } from './canonical.ts';
import { digest } from './digest.ts';
import type { SignedHeaders } from './headers.ts';
import { VERSION_RULES } from './versions.ts';
import { fromWire } from './wire-text.ts';

/** A request that was received. */
export interface ReceivedRequest {
  method: string;
  /** As in the request line (`request.url` of node:http); a query is allowed. */
  path: string;
  /** The bytes as they came; empty where there is none. */
  body: Buffer;
}

/**
 * True when the holder of `publicKey` (PKCS#1, SPKI or X.509 PEM, or a key object) signed this request. Never
 * throws: a key or a signature that cannot be read verifies nothing (REFERENCE 4.1).
 */
export function verifyRequest(
  signed: SignedHeaders,
  request: ReceivedRequest,
  publicKey: string | KeyObject,
): boolean {
  const rules = VERSION_RULES[signed.version];
  if (rules.comparesContentHash && signed.contentHash !== digest(rules.algorithm, request.body)) {
    return false;
  }
  const text = canonicalText({
    version: signed.version,
    method: request.method,
    path: fromWire(request.path),
    body: request.body,
    timestamp: signed.timestamp,
    userId: signed.userId,
    serverApiVersion: signed.serverApiVersion,
  });
  const signature = Buffer.from(signed.signature, 'base64');
  // The decoder skips what is no base64; a signature with anything more than itself is none.
  if (signature.toString('base64') !== signed.signature) return false;
  try {
    const key = typeof publicKey === 'string' ? createPublicKey(publicKey) : publicKey;
    // An elliptic or PSS key would bring other rules of its own than those of the table.
    if (key.asymmetricKeyType !== 'rsa') return false;
    return rules.signature === 'raw'
      ? publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature).equals(
          Buffer.from(text),
        )
      : verify(rules.algorithm, Buffer.from(text), key, signature);
  } catch {
    // OpenSSL throws for a PEM that is none and for a signature of the wrong size: neither proves anything.
    return false;
  }
}
