import type { Paint } from './terminal.ts';
import { isRecord } from './job-view.ts';

/**
 * Data as knife's text format lays it out: members sorted by name, values in a column, lists and objects indented
 * below their name, an array of one value like the value.
 */
export function textFormat(data: unknown, paint: Paint): string {
  if (Array.isArray(data)) {
    const last = data.length - 1;
    return data
      .map((item, i) => textFormat(item, paint) + (isSingle(item) || i === last ? '' : '\n'))
      .join('');
  }
  if (!isRecord(data)) return `${plain(data)}\n`;
  const names = Object.keys(data).sort(byBytes);
  const width = Math.max(0, ...names.map((name) => name.length)) + 1;
  return names.map((name) => member(name, data[name], width, paint)).join('');
}

function member(name: string, given: unknown, width: number, paint: Paint): string {
  const only: unknown = Array.isArray(given) && given.length === 1 ? given[0] : undefined;
  const value = only !== undefined && isSingle(only) ? only : given;
  if (isSingle(value)) return `${paint(`${name}:`.padEnd(width), 'cyan')} ${plain(value)}\n`;
  const lines = textFormat(value, paint).replace(/\n+$/, '').split('\n');
  const body = lines.length === 1 && lines[0] === '' ? [] : lines;
  return paint(`${name}:\n`, 'cyan') + body.map((line) => `  ${line}\n`).join('');
}

function isSingle(value: unknown): boolean {
  return !Array.isArray(value) && !isRecord(value);
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
}

/** Ruby sorts texts by their bytes. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
