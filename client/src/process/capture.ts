import type { Readable } from 'node:stream';

/** One stream of a run, kept within a bound: its head and its tail. */
export interface Captured {
  /** The first bytes. */
  readonly head: Buffer;
  /** The last bytes that are not in `head`. */
  readonly tail: Buffer;
  /** Bytes between them that were not kept. */
  readonly lost: number;
}

/** Reads a stream for ever and keeps at most `limit` bytes of its head and as many of its tail. */
export interface Capture {
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  /** Ends the reading: what comes later is not wanted any more. */
  stop(): void;
  result(): Captured;
}

/** Starts to read; a command that prints for ever costs no more than 3 x `limit` bytes. */
export function capture(stream: Readable, limit: number): Capture {
  const head: Buffer[] = [];
  let headBytes = 0;
  let tail: Buffer[] = [];
  let tailBytes = 0;
  let lost = 0;

  stream.on('data', (chunk: Buffer) => {
    const room = limit - headBytes;
    if (room > 0) {
      head.push(chunk.subarray(0, room));
      headBytes += Math.min(room, chunk.length);
    }
    if (chunk.length <= room) return;
    const rest = room > 0 ? chunk.subarray(room) : chunk;
    tail.push(rest);
    tailBytes += rest.length;
    if (tailBytes > 2 * limit) trim();
  });
  const ended = new Promise<void>((resolve) => {
    stream.once('close', resolve);
    stream.once('error', () => {
      resolve();
    });
  });

  function trim(): void {
    if (tailBytes <= limit) return;
    const kept = Buffer.concat(tail);
    lost += kept.length - limit;
    tail = [Buffer.from(kept.subarray(kept.length - limit))];
    tailBytes = limit;
  }

  return {
    ended,
    stop: () => {
      stream.destroy();
    },
    result: () => {
      trim();
      return { head: Buffer.concat(head), tail: Buffer.concat(tail), lost };
    },
  };
}
