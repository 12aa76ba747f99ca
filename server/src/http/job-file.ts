import { MAX_FILE_BYTES } from '@pushy/protocol';

/** What is wrong with the file of a job, in the words that clients know (REFERENCE 8.3 rows 14–16). */
export function faultOfFile(file: string): string | undefined {
  const size = sizeOf(file);
  if (typeof size === 'string') return size;
  // H2: the text itself, not a list of character codes.
  return size > MAX_FILE_BYTES
    ? `invalid file size (must be <= ${MAX_FILE_BYTES} bytes)`
    : undefined;
}

function sizeOf(file: string): number | string {
  if (file.startsWith('raw:')) return Buffer.byteLength(file) - 'raw:'.length;
  if (!file.startsWith('base64:')) {
    return "invalid file contents (expected 'base64:...' or 'raw:...')";
  }
  // The standard alphabet with its padding; white space is tolerated.
  const text = file.slice('base64:'.length).replace(/[ \t\r\n]+/g, '');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digits = text.length - padding;
  if (text.length % 4 !== 0 || /[^A-Za-z0-9+/]/.test(text.slice(0, digits))) {
    return "invalid file contents (couldn't decode base64 string)";
  }
  return (text.length / 4) * 3 - padding;
}
