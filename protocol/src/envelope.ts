import {
  createHash,
  privateEncrypt,
  publicDecrypt,
  timingSafeEqual,
  constants,
  type KeyObject,
} from 'node:crypto';
import { HMAC_LENGTH, hmacSha256 } from './hmac.ts';
import { parseHttpDate } from './http-date.ts';
import { DEFAULT_MAX_BODY_BYTES, MAX_HEADER_BYTES, MAX_MESSAGE_SKEW_MS } from './limits.ts';

/** How a body is signed: `hmac_sha256` on the command channel, `rsa2048_sha1` on the broadcast (REFERENCE 15.2). */
export const SIGNING_METHODS = ['hmac_sha256', 'rsa2048_sha1'] as const;
export type SigningMethod = (typeof SIGNING_METHODS)[number];

/** Why a message is dropped. Nothing is ever answered to its sender (REFERENCE 15.4). */
export type EnvelopeRefusal =
  | 'frame_count'
  | 'header_too_long'
  | 'body_too_large'
  | 'bad_header'
  | 'unknown_version'
  | 'unknown_method'
  | 'not_json'
  | 'wrong_method'
  | 'bad_signature'
  | 'bad_timestamp'
  | 'clock_skew';

export type Checked<T> = { ok: true; value: T } | { ok: false; reason: EnvelopeRefusal };

/** A message whose form is right and whose signature nobody has looked at yet. */
export interface Unverified {
  method: SigningMethod;
  signature: string;
  bytes: Buffer;
  body: Record<string, unknown>;
}

/** What proves a message: the node's session key (32 bytes), or the server's public RSA key. */
export type Proof = { hmac_sha256: Buffer } | { rsa2048_sha1: KeyObject };

/** The two frames of a message: header and body. */
export type Frames = readonly [header: Buffer, body: Buffer];
/** The same as text, for a socket that encodes what it sends: UTF-8. */
export type TextFrames = readonly [header: string, body: string];

/** Splits and parses the two frames; looks at form and size only (REFERENCE 15.4, steps 1–3). */
export function unpack(
  frames: readonly Buffer[],
  maxBodyBytes: number = DEFAULT_MAX_BODY_BYTES,
): Checked<Unverified> {
  const [headerFrame, bytes] = frames;
  if (frames.length !== 2 || headerFrame === undefined || bytes === undefined) {
    return refuse('frame_count');
  }
  if (headerFrame.length > MAX_HEADER_BYTES) return refuse('header_too_long');
  if (bytes.length > maxBodyBytes) return refuse('body_too_large');
  const header = parseHeader(headerFrame.toString('latin1'));
  if (!header.ok) return header;
  const body = parseBody(bytes);
  if (body === undefined) return refuse('not_json');
  const { method, signature } = header.value;
  return { ok: true, value: { method, signature, bytes, body } };
}

/** Checks signature, then timestamp (REFERENCE 15.4, steps 4–5). `now` in milliseconds. */
export function verify(
  message: Unverified,
  proof: Proof,
  now: number,
  maxSkewMs: number = MAX_MESSAGE_SKEW_MS,
): Checked<Record<string, unknown>> {
  if (!(message.method in proof)) return refuse('wrong_method');
  if (!signatureMatches(message, proof)) return refuse('bad_signature');
  const timestamp = message.body['timestamp'];
  const sent = typeof timestamp === 'string' ? parseHttpDate(timestamp) : undefined;
  if (sent === undefined) return refuse('bad_timestamp');
  if (Math.abs(now - sent) >= maxSkewMs) return refuse('clock_skew');
  return { ok: true, value: message.body };
}

/** `unpack` and `verify` in one, for whoever knows the proof beforehand: the agent. */
export function open(
  frames: readonly Buffer[],
  proof: Proof,
  now: number,
  limits: { maxBodyBytes?: number; maxSkewMs?: number } = {},
): Checked<Record<string, unknown>> {
  const unpacked = unpack(frames, limits.maxBodyBytes);
  return unpacked.ok ? verify(unpacked.value, proof, now, limits.maxSkewMs) : unpacked;
}

/** The frames of a body, signed (REFERENCE 15.2). A string or Buffer is sent as it is: JSON encoded once by its maker. */
export function seal(body: object | string | Buffer, proof: Proof): Frames {
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const [method, signature] =
    'hmac_sha256' in proof
      ? (['hmac_sha256', hmacSha256(bytes, proof.hmac_sha256)] as const)
      : (['rsa2048_sha1', rsaSign(bytes, proof.rsa2048_sha1)] as const);
  const header = `Version:2.0;SigningMethod:${method};Signature:${signature}`;
  return [Buffer.from(header, 'latin1'), bytes];
}

/** What starts every header of the command channel. */
const HMAC_HEADER = 'Version:2.0;SigningMethod:hmac_sha256;Signature:';

/** The frames of a body for the command channel, as text: the body as it is, signed with a session key. */
export function sealText(body: string, sessionKey: Buffer): TextFrames {
  return [HMAC_HEADER + hmacSha256(body, sessionKey), body];
}

function refuse(reason: EnvelopeRefusal): { ok: false; reason: EnvelopeRefusal } {
  return { ok: false, reason };
}

interface Header {
  method: SigningMethod;
  signature: string;
}

function parseHeader(text: string): Checked<Header> {
  const signature = text.slice(HMAC_HEADER.length);
  // As nearly every agent writes it.
  if (text.startsWith(HMAC_HEADER) && !signature.includes(';')) {
    return { ok: true, value: { method: 'hmac_sha256', signature } };
  }
  return parseParts(text);
}

function parseParts(text: string): Checked<Header> {
  const parts = new Map<string, string>();
  for (const part of text.split(';')) {
    const colon = part.indexOf(':');
    if (colon > 0) parts.set(part.slice(0, colon), part.slice(colon + 1));
  }
  const version = parts.get('Version');
  const method = SIGNING_METHODS.find((m) => m === parts.get('SigningMethod'));
  const signature = parts.get('Signature') ?? parts.get('SignedChecksum');
  if (version === undefined || signature === undefined) return refuse('bad_header');
  if (version !== '1.0' && version !== '2.0') return refuse('unknown_version');
  if (method === undefined) return refuse('unknown_method');
  if (method === 'hmac_sha256' && version !== '2.0') return refuse('unknown_method');
  return { ok: true, value: { method, signature } };
}

function parseBody(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    return parsed as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function signatureMatches(message: Unverified, proof: Proof): boolean {
  if ('hmac_sha256' in proof) {
    // The text is compared, not what it decodes to: a decoder that forgives would accept many texts for one.
    return isSameHmac(message.signature, hmacSha256(message.bytes, proof.hmac_sha256));
  }
  try {
    const signed = publicDecrypt(
      { key: proof.rsa2048_sha1, padding: constants.RSA_PKCS1_PADDING },
      Buffer.from(message.signature, 'base64'),
    );
    const computed = Buffer.from(sha1(message.bytes));
    return signed.length === computed.length && timingSafeEqual(signed, computed);
  } catch {
    return false;
  }
}

const given = Buffer.alloc(HMAC_LENGTH);
const computed = Buffer.alloc(HMAC_LENGTH);

/** Tells nothing of the place of a difference by the time that it takes. */
function isSameHmac(one: string, other: string): boolean {
  if (one.length !== HMAC_LENGTH || other.length !== HMAC_LENGTH) return false;
  given.write(one, 'latin1');
  computed.write(other, 'latin1');
  return timingSafeEqual(given, computed);
}

/** Private-encrypts the base64 text of the SHA-1, not a DigestInfo (REFERENCE 15.2). */
function rsaSign(bytes: Buffer, key: KeyObject): string {
  const digest = Buffer.from(sha1(bytes));
  return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, digest).toString('base64');
}

function sha1(bytes: Buffer): string {
  return createHash('sha1').update(bytes).digest('base64');
}
