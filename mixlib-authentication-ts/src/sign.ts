import { constants, createPrivateKey, privateEncrypt, sign, type KeyObject } from 'node:crypto';
import { canonicalText } from './canonical.ts';
import { digest } from './digest.ts';
import { SigningError } from './errors.ts';
import { formatTimestamp } from './timestamp.ts';
import { VERSION_RULES, isSignatureVersion, type SignatureVersion } from './versions.ts';
import { toWire } from './wire-text.ts';

/** A request that is to be sent. */
export interface RequestToSign {
  method: string;
  /** As it will stand in the request line; a query is allowed and is not signed. */
  path: string;
  /** Default: no body, which is signed as an empty one. */
  body?: Buffer | string;
}

/** Who signs. */
export interface Signer {
  /** Name of the user or client. */
  userId: string;
  /** RSA private key: PEM (PKCS#1 or PKCS#8, not encrypted) or key object. */
  key: KeyObject | string;
  /** Default: `1.1`, which every Chef server accepts. */
  version?: SignatureVersion;
}

/** base64 characters in one X-Ops-Authorization header. */
const LINE = 60;

/**
 * The X-Ops-* headers that sign a request at the time `now` (milliseconds since 1970). `serverApiVersion`, when
 * given, is sent as X-Ops-Server-API-Version; version 1.3 signs it. Throws SigningError for a signer that cannot sign.
 */
export function signRequest(
  request: RequestToSign,
  signer: Signer,
  now: number,
  serverApiVersion?: number,
): Record<string, string> {
  const { userId, version = '1.1' } = signer;
  const { method, path, body = '' } = request;
  if (!isSignatureVersion(version)) {
    throw new SigningError('unsupported_version', `unknown signature version '${String(version)}'`);
  }
  if (userId === '' || /\p{Cc}/u.test(userId)) {
    throw new SigningError('bad_user_id', 'the user id is empty or holds control characters');
  }
  const { algorithm } = VERSION_RULES[version];
  const timestamp = formatTimestamp(now);
  const text = canonicalText({
    version,
    method,
    path,
    body,
    timestamp,
    userId,
    serverApiVersion: serverApiVersion ?? 0,
  });
  const signature = signatureOf(Buffer.from(text), rsaKey(signer.key), version);
  const headers: Record<string, string> = {
    'X-Ops-Sign': `algorithm=${algorithm};version=${version};`,
    'X-Ops-UserId': toWire(userId),
    'X-Ops-Timestamp': timestamp,
    'X-Ops-Content-Hash': digest(algorithm, body),
  };
  if (serverApiVersion !== undefined) {
    headers['X-Ops-Server-API-Version'] = String(serverApiVersion);
  }
  for (let line = 0; line * LINE < signature.length; line++) {
    headers[`X-Ops-Authorization-${line + 1}`] = signature.slice(line * LINE, (line + 1) * LINE);
  }
  return headers;
}

function rsaKey(key: KeyObject | string): KeyObject {
  let parsed: KeyObject;
  try {
    parsed = typeof key === 'string' ? createPrivateKey(key) : key;
  } catch (cause) {
    throw new SigningError('bad_key', 'the key is not a private key in PEM', cause);
  }
  if (parsed.type !== 'private' || parsed.asymmetricKeyType !== 'rsa') {
    throw new SigningError('bad_key', 'the key is not an RSA private key');
  }
  return parsed;
}

function signatureOf(text: Buffer, key: KeyObject, version: SignatureVersion): string {
  const rules = VERSION_RULES[version];
  if (rules.signature === 'pkcs1') return sign(rules.algorithm, text, key).toString('base64');
  try {
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, text).toString('base64');
  } catch (cause) {
    throw new SigningError(
      'text_too_long',
      `version ${version} signs ${text.length} bytes, more than this key holds: take version 1.3 or a longer key`,
      cause,
    );
  }
}
