import { readFileSync } from 'node:fs';

/** One message as it was recorded: test/fixtures/wire/generate.rb. */
export interface RecordedFrame {
  name: string;
  from: 'agent' | 'server' | 'broadcast';
  method: 'hmac_sha256' | 'rsa2048_sha1';
  header: string;
  body: string;
}

const file = new URL('../fixtures/wire/frames.json', import.meta.url);

/** Messages, keys and wrapped session keys that Ruby's OpenSSL and the openssl command made. */
export const wireVectors = JSON.parse(readFileSync(file, 'utf8')) as {
  /** When all of the messages were sent, RFC 1123. */
  timestamp: string;
  /** ASCII, 32 bytes. */
  sessionKey: string;
  /** PEM */
  serverPublicKey: string;
  /** PEM */
  nodePrivateKey: string;
  /** base64, of the session key, for the holder of nodePrivateKey. */
  wrapped: string[];
  frames: RecordedFrame[];
};
