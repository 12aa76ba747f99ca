import { isUtf8 } from 'node:buffer';

/** How UTF-8 text looks in a header that node:http sends: one character for each byte. ASCII stays as it is. */
export function toWire(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The text behind a string that node:http received, one character for each byte; any other string as it is. */
export function fromWire(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  const isBytes = bytes.toString('latin1') === text;
  return isBytes && isUtf8(bytes) ? bytes.toString('utf8') : text;
}
