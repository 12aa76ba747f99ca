/** Flags of a ZMTP 3 frame. */
export const MORE = 0x01;
const LONG = 0x02;
export const COMMAND = 0x04;

/** A frame's head and room for its body, which the caller fills from `at` on. */
export function frameFor(flags: number, size: number): { frame: Buffer; at: number } {
  if (size <= 255) {
    const frame = Buffer.allocUnsafe(2 + size);
    frame[0] = flags;
    frame[1] = size;
    return { frame, at: 2 };
  }
  const frame = Buffer.allocUnsafe(9 + size);
  frame[0] = flags | LONG;
  frame.writeUInt32BE(0, 1);
  frame.writeUInt32BE(size, 5);
  return { frame, at: 9 };
}

/** A whole frame. */
export function encodeFrame(flags: number, body: Buffer): Buffer {
  const { frame, at } = frameFor(flags, body.length);
  body.copy(frame, at);
  return frame;
}

/** The body of a command: its name, and what follows it. */
export function command(name: string, ...rest: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name, 'latin1'), ...rest]);
}

/** True for the body of a command of this name. */
export function isCommand(body: Buffer, name: string): boolean {
  return body[0] === name.length && body.toString('latin1', 1, 1 + name.length) === name;
}

/** What a peer says of itself when it shakes hands. */
export function metadata(properties: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(properties).map(([name, value]) => {
      const size = Buffer.alloc(4);
      size.writeUInt32BE(value.length);
      return Buffer.concat([command(name), size, Buffer.from(value, 'latin1')]);
    }),
  );
}

/** Cuts a stream into frames. */
export interface FrameReader {
  /** Takes a chunk, which is the caller's again afterwards; so are the bodies that `onFrame` sees. */
  read(chunk: Buffer): void;
}

/** Makes it; `onFrame` answers false when it wants no more of this connection. */
export function makeFrameReader(onFrame: (flags: number, body: Buffer) => boolean): FrameReader {
  let rest: Buffer | undefined;
  return {
    read: (chunk) => {
      const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
      rest = undefined;
      let at = 0;
      for (;;) {
        const flags = bytes[at];
        const isLong = flags !== undefined && (flags & LONG) !== 0;
        const start = at + (isLong ? 9 : 2);
        if (flags === undefined || bytes.length < start) break;
        // Nothing that a server of ours sends needs more than 32 bits.
        const size = isLong ? bytes.readUInt32BE(at + 5) : (bytes[at + 1] ?? 0);
        if (bytes.length < start + size) break;
        at = start + size;
        if (!onFrame(flags & ~LONG, bytes.subarray(start, at))) return;
      }
      if (at < bytes.length) rest = Buffer.from(bytes.subarray(at));
    },
  };
}
