import { readFileSync } from 'node:fs';
import type { SignatureVersion } from 'mixlib-authentication-ts';

/** One request as the recorded signer sent it: test/fixtures/mixlib-authentication/generate.rb. */
export interface ChefVector {
  name: string;
  version: SignatureVersion;
  signedBy: string;
  method: string;
  path: string;
  canonicalPath: string;
  /** base64 */
  body: string;
  userId: string;
  headers: Record<string, string>;
}

/** Every spelling of one test key, PEM. */
export interface ChefKeys {
  private: string;
  privatePkcs8: string;
  spki: string;
  pkcs1: string;
  x509: string;
}

const file = new URL('../fixtures/mixlib-authentication/vectors.json', import.meta.url);

/** Requests signed by Ruby's mixlib-authentication and by the openssl command, and the key that signed them. */
export const chefVectors = JSON.parse(readFileSync(file, 'utf8')) as {
  timestamp: string;
  keys: ChefKeys;
  vectors: ChefVector[];
};

/** Headers as node:http hands them to a server: names in lower case. */
export function asReceived(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
