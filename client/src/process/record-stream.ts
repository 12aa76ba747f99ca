import { appendFile, rm, writeFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/**
 * Copies a stream to files named by their first byte's number, as the sh keeper does (`copy` in run-script.ts): keeps
 * the first, the newest and the one before that. Where the disk is full, the rest is read and dropped. Ends with the
 * stream, or when that is destroyed.
 */
export async function recordStream(stream: Readable, base: string, room: number): Promise<void> {
  let at = 0;
  let size = 0;
  let before: string | undefined;
  let isFull = false;
  let file = `${base}.0`;
  try {
    // At once: what nobody reads when the command ends is dropped by Node.
    for await (const chunk of stream) await keep(chunk as Buffer);
  } catch (error) {
    // Destroyed: the command has ended, and somebody that it left behind holds the stream.
    if (!stream.destroyed) throw error;
  }

  async function keep(chunk: Buffer): Promise<void> {
    if (isFull) return;
    try {
      await appendFile(file, chunk);
    } catch {
      await full();
      return;
    }
    size += chunk.length;
    if (size < room) return;
    if (before !== undefined) await rm(before, { force: true });
    before = at === 0 ? undefined : file;
    at += size;
    size = 0;
    file = `${base}.${at}`;
  }

  async function full(): Promise<void> {
    isFull = true;
    await writeFile(`${base}.full`, '').catch(() => undefined);
  }
}
