import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isCode } from './proc.ts';

/** One stream of a run, within a bound: its head and its tail. */
export interface Captured {
  /** The first bytes. */
  readonly head: Buffer;
  /** The last bytes that are not in `head`. */
  readonly tail: Buffer;
  /** Bytes between them that are not here. */
  readonly lost: number;
  /** The disk was full: what came then is not counted either. */
  readonly isDiskFull: boolean;
}

interface Segment {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Reads at most `limit` bytes of the head and as many of the tail of what a run wrote to this stream; `listed`: the
 * names in its directory, where they are known.
 */
export function readCaptured(
  dir: string,
  stream: 'stdout' | 'stderr',
  limit: number,
  listed?: readonly string[],
): Captured {
  const names = listed ?? readdirSync(dir);
  const segments = segmentsOf(dir, stream, names);
  const total = segments.at(-1)?.to ?? 0;
  const head = readHead(segments, limit);
  const tail = readTail(segments, Math.min(limit, total - head.length));
  const lost = total - head.length - tail.length;
  return { head, tail, lost, isDiskFull: names.includes(`${stream}.full`) };
}

function segmentsOf(dir: string, stream: string, names: readonly string[]): Segment[] {
  const found: Segment[] = [];
  for (const name of names) {
    const [base, from] = name.split('.');
    if (base !== stream || from === undefined || !/^\d+$/.test(from)) continue;
    const path = join(dir, name);
    const size = sizeOf(path);
    if (size !== undefined && size > 0)
      found.push({ path, from: Number(from), to: Number(from) + size });
  }
  return found.sort((a, b) => a.from - b.from);
}

/** Undefined for a file that was removed meanwhile: a run that goes on keeps its newest ones alone. */
function sizeOf(path: string): number | undefined {
  try {
    return statSync(path).size;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function readHead(segments: readonly Segment[], limit: number): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (const { path, from, to } of segments) {
    if (from !== at || at >= limit) break;
    const part = readPart(path, 0, Math.min(to, limit) - from);
    parts.push(part);
    at += part.length;
  }
  return Buffer.concat(parts);
}

/** The last `limit` bytes, or fewer where what is before them is not here. */
function readTail(segments: readonly Segment[], limit: number): Buffer {
  const parts: Buffer[] = [];
  let left = limit;
  let edge: number | undefined;
  for (const { path, from, to } of segments.toReversed()) {
    if ((edge !== undefined && to !== edge) || left <= 0) break;
    const count = Math.min(left, to - from);
    parts.unshift(readPart(path, to - from - count, count));
    left -= count;
    edge = from;
  }
  return Buffer.concat(parts);
}

function readPart(path: string, position: number, length: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const count = readSync(file, buffer, filled, length - filled, position + filled);
      if (count === 0) break;
      filled += count;
    }
    return buffer.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}
