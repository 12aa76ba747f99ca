/**
 * Hexadecimal between buffers: a key that becomes a string can never be wiped.
 * Fills `target` from as many pairs of lower-case digits.
 */
export function hexInto(target: Buffer, hex: Buffer): Buffer {
  for (let i = 0; i < target.length; i++) {
    target[i] = (nibble(hex[2 * i]) << 4) | nibble(hex[2 * i + 1]);
  }
  return target;
}

/** The digits of `bytes`, as a buffer. */
export function toHex(bytes: Buffer): Buffer {
  const hex = Buffer.alloc(2 * bytes.length);
  bytes.forEach((byte, i) => {
    hex[2 * i] = digit(byte >> 4);
    hex[2 * i + 1] = digit(byte & 15);
  });
  return hex;
}

/** 0–9 are 0x30–0x39, a–f are 0x61–0x66. */
function nibble(character = 0): number {
  return character < 0x3a ? character - 0x30 : character - 0x57;
}

function digit(value: number): number {
  return value < 10 ? value + 0x30 : value + 0x57;
}
