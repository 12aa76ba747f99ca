import { parseTimestamp } from './timestamp.ts';
import { VERSION_RULES, isSignatureVersion, type SignatureVersion } from './versions.ts';
import { fromWire } from './wire-text.ts';

/** What the headers of a request say about its signature; nothing of it is proven yet. */
export interface SignedHeaders {
  /** Name of the user or client that claims to have signed. */
  userId: string;
  /** As sent, `YYYY-MM-DDThh:mm:ssZ`. */
  timestamp: string;
  version: SignatureVersion;
  /** As sent, base64. */
  contentHash: string;
  /** The lines X-Ops-Authorization-1, -2, … joined, up to the first one that is absent; base64. */
  signature: string;
  /** 0 where the header is absent; NaN where it is not an integer: no 1.3 signature fits that. */
  serverApiVersion: number;
}

/** Why the headers are refused, before any key is looked at (REFERENCE 4.3, rows 1–4). */
export type HeaderRefusal =
  | { reason: 'missing'; headers: string[] }
  | { reason: 'bad_timestamp' }
  | { reason: 'clock_skew'; userId: string }
  | { reason: 'unsupported_version' };

/** Headers as node:http gives them: names in lower case. */
export type IncomingHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

const REQUIRED = ['X-Ops-UserId', 'X-Ops-Timestamp', 'X-Ops-Sign', 'X-Ops-Content-Hash'] as const;

/**
 * Reads the signature headers of a request: all there, timestamp well formed and less than `maxSkewMs` from `now`
 * (both in milliseconds), version known; the first check that fails answers (REFERENCE 3 step 4, 4.1, 4.2).
 */
export function readSignedHeaders(
  headers: IncomingHeaders,
  now: number,
  maxSkewMs: number,
): { ok: true; value: SignedHeaders } | { ok: false; refusal: HeaderRefusal } {
  const missing = REQUIRED.filter((name) => header(headers, name) === '');
  if (missing.length > 0) return { ok: false, refusal: { reason: 'missing', headers: missing } };
  const userId = fromWire(header(headers, 'X-Ops-UserId'));
  const timestamp = header(headers, 'X-Ops-Timestamp');
  const time = parseTimestamp(timestamp);
  if (time === undefined) return { ok: false, refusal: { reason: 'bad_timestamp' } };
  if (!(Math.abs(now - time) < maxSkewMs)) {
    return { ok: false, refusal: { reason: 'clock_skew', userId } };
  }
  const version = versionOf(header(headers, 'X-Ops-Sign'));
  if (version === undefined) return { ok: false, refusal: { reason: 'unsupported_version' } };
  return {
    ok: true,
    value: {
      userId,
      timestamp,
      version,
      contentHash: header(headers, 'X-Ops-Content-Hash'),
      signature: signatureOf(headers),
      serverApiVersion: apiVersion(headers),
    },
  };
}

/** The value of a header, empty where it is absent; several of one name are joined as node:http joins them. */
function header(headers: IncomingHeaders, name: string): string {
  const value = headers[name.toLowerCase()] ?? '';
  return typeof value === 'string' ? value : value.join(', ');
}

/** The version that X-Ops-Sign names, if its algorithm goes with it (REFERENCE 4.1). */
function versionOf(description: string): SignatureVersion | undefined {
  const parts = description
    .split(';')
    .map((piece) => piece.split('='))
    .filter((piece) => piece.length === 2);
  const named = (key: string): string | undefined => parts.find(([name]) => name === key)?.[1];
  const version = named('version');
  if (!isSignatureVersion(version)) return undefined;
  const { algorithm } = VERSION_RULES[version];
  return (named('algorithm') ?? algorithm) === algorithm ? version : undefined;
}

function signatureOf(headers: IncomingHeaders): string {
  const lines: string[] = [];
  const line = (): string | readonly string[] | undefined =>
    headers[`x-ops-authorization-${lines.length + 1}`];
  while (line() !== undefined) {
    lines.push(header(headers, `x-ops-authorization-${lines.length + 1}`));
  }
  return lines.join('');
}

function apiVersion(headers: IncomingHeaders): number {
  const text = header(headers, 'X-Ops-Server-API-Version');
  if (text === '') return 0;
  return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}
