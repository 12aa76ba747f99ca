import { createHash } from 'node:crypto';

/** base64, on one line, of a hash; a string is hashed as UTF-8. */
export function digest(algorithm: 'sha1' | 'sha256', content: Buffer | string): string {
  return createHash(algorithm).update(content).digest('base64');
}
