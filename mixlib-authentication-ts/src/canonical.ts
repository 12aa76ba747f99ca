import { digest } from './digest.ts';
import { VERSION_RULES, type SignatureVersion } from './versions.ts';

/** What the signed text of a request is made from. */
export interface SignedParts {
  version: SignatureVersion;
  method: string;
  /** As in the request line: a query and doubled slashes are allowed. */
  path: string;
  body: Buffer | string;
  /** As the header X-Ops-Timestamp says it. */
  timestamp: string;
  userId: string;
  serverApiVersion: number;
}

/** The path without its query, with single slashes and no slash at its end; the root stays `/` (REFERENCE 4.1). */
export function canonicalPath(path: string): string {
  const [withoutQuery = ''] = path.split('?', 1);
  const single = withoutQuery.replace(/\/{2,}/g, '/');
  return single.length > 1 && single.endsWith('/') ? single.slice(0, -1) : single;
}

/** The text that is signed: lines joined with a newline, none at the end (REFERENCE 4.1). */
export function canonicalText(parts: SignedParts): string {
  const rules = VERSION_RULES[parts.version];
  const method = `Method:${parts.method.toUpperCase()}`;
  const path = canonicalPath(parts.path);
  const contentHash = `X-Ops-Content-Hash:${digest(rules.algorithm, parts.body)}`;
  const timestamp = `X-Ops-Timestamp:${parts.timestamp}`;
  const userId = rules.hashesUserId ? digest(rules.algorithm, parts.userId) : parts.userId;
  const lines =
    parts.version === '1.3'
      ? [
          method,
          `Path:${path}`,
          contentHash,
          `X-Ops-Sign:version=${parts.version}`,
          timestamp,
          `X-Ops-UserId:${userId}`,
          `X-Ops-Server-API-Version:${parts.serverApiVersion}`,
        ]
      : [
          method,
          `Hashed Path:${digest(rules.algorithm, path)}`,
          contentHash,
          timestamp,
          `X-Ops-UserId:${userId}`,
        ];
  return lines.join('\n');
}
