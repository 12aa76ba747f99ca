import { generateKeyPairSync } from 'node:crypto';

/** An RSA key pair in PEM, as Chef's clients have it. */
export interface KeyPair {
  publicKey: string;
  privateKey: string;
}

/** A fresh key pair. */
export function newKeyPair(): KeyPair {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
}
