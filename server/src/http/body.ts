import type { Readable } from 'node:stream';
import { refuse, refuseBare, type Judged } from './answer.ts';

/** Bytes beyond the limit that are read and thrown away, so that the sender hears the answer. */
const MAX_DISCARDED_BYTES = 16_000_000;

/** Resolves when a body is waited for no longer. */
export type Cut = Promise<'cut'>;

/**
 * Reads the body of a request; above `limit` bytes a POST is 413 (REFERENCE 3 step 5, 7), and any other request,
 * which has no use for a body, 400. Equal is fine. Undefined for one that was cut before it was here.
 */
export async function readBody(
  stream: Readable,
  limit: number,
  method: string,
  cut?: Cut,
): Promise<Judged<Buffer> | undefined> {
  const iterator: AsyncIterator<unknown> = stream[Symbol.asyncIterator]();
  const chunks: Buffer[] = [];
  let size = 0;
  while (size <= limit + MAX_DISCARDED_BYTES) {
    const coming = iterator.next();
    const next = cut === undefined ? await coming : await Promise.race([coming, cut]);
    if (next === 'cut') return undefined;
    if (next.done === true) break;
    if (!Buffer.isBuffer(next.value)) throw new TypeError('the request stream has an encoding');
    size += next.value.length;
    if (size <= limit) chunks.push(next.value);
  }
  if (size > limit) {
    const refusal =
      method === 'POST'
        ? refuseBare(413, `JSON must be no more than ${limit} bytes.`)
        : refuse(400, `The body of a ${method} must be no more than ${limit} bytes.`);
    if (size <= limit + MAX_DISCARDED_BYTES) return refusal;
    // What is left of it stays unread: no other request can follow on this connection.
    await iterator.return?.();
    const headers = { ...refusal.answer.headers, connection: 'close' };
    return { ok: false, answer: { ...refusal.answer, headers } };
  }
  return { ok: true, value: Buffer.concat(chunks) };
}
