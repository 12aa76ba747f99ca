import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { MAX_FILE_BYTES } from '@pushy/protocol';
import { CliError, codeOf, messageOf } from './errors.ts';

/** The `file` of a job request: `raw:` and the text, or `base64:` where the bytes are not UTF-8 (REFERENCE 8.3). */
export function readJobFile(cwd: string, name: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(resolve(cwd, name));
  } catch (cause) {
    const missing = codeOf(cause) === 'ENOENT';
    const words = missing ? `${name} not found` : `${name} cannot be read: ${messageOf(cause)}`;
    throw new CliError('usage', words, { cause });
  }
  if (bytes.length > MAX_FILE_BYTES) {
    throw new CliError('usage', `${name} is too long for a job: ${bytes.length} bytes`, {
      advice: [`A job carries at most ${MAX_FILE_BYTES} bytes; let the command fetch the rest.`],
    });
  }
  const text = bytes.toString('utf8');
  // Turning bad UTF-8 into text and back does not give the same bytes.
  if (Buffer.from(text, 'utf8').equals(bytes)) return `raw:${text}`;
  return `base64:${bytes.toString('base64')}`;
}
