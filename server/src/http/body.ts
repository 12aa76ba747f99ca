import type { Readable } from 'node:stream';
import { refuse, refuseBare, type Judged } from './answer.ts';

/** Bytes beyond the limit that are read and thrown away, so that the sender hears the answer. */
const MAX_DISCARDED_BYTES = 16_000_000;

/**
 * Reads the body of a request; above `limit` bytes a POST is 413 (REFERENCE 3 step 5, 7), and any other request,
 * which has no use for a body, 400. Equal is fine.
 */
export async function readBody(
  stream: Readable,
  limit: number,
  method: string,
): Promise<Judged<Buffer>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('the request stream has an encoding');
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
    if (size > limit + MAX_DISCARDED_BYTES) break;
  }
  if (size > limit) {
    return method === 'POST'
      ? refuseBare(413, `JSON must be no more than ${limit} bytes.`)
      : refuse(400, `The body of a ${method} must be no more than ${limit} bytes.`);
  }
  return { ok: true, value: Buffer.concat(chunks) };
}
