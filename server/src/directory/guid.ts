import { createHash } from 'node:crypto';

/** An organization id for a Chef server that has none: 32 hex characters, always the same for a name (ADDON E.3). */
export function derivedGuid(org: string): string {
  return createHash('sha256').update(`organization ${org}`).digest('hex').slice(0, 32);
}
