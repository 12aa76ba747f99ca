import type { Setting } from '@pushy/ruby-config';
import { badData, lineAt, settingsOf } from './values.ts';

const TOKEN = /"(?:[^"\\]|\\[^])*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]|\s+/y;

/** Reads JSON. A message has no text of the file: it may be a secret. */
export function readJson(text: string, file: string): Map<string, Setting> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const position = /^([^"]*) in JSON at position (\d+)/.exec(error.message);
    const offset = position === null ? firstStrange(text) : Number(position[2]);
    const what = position?.[1] ?? (offset < text.length ? 'something else begins' : 'it ends');
    throw badData(file, lineAt(text, offset), `this is no JSON: ${what} here`);
  }
  const lines = linesOfKeys(text);
  return settingsOf(parsed, file, (path) => lines.get(path.join('\0')));
}

/** Where something stands that is no token of JSON. */
function firstStrange(text: string): number {
  TOKEN.lastIndex = 0;
  let offset = 0;
  while (TOKEN.test(text)) offset = TOKEN.lastIndex;
  return offset;
}

/** The line of each key of objects inside objects, by the keys on the way to it. */
function linesOfKeys(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  const token = new RegExp(TOKEN.source, 'g');
  /** What is open, each with the key of it that was read last; lists have none. */
  const open: (string | undefined)[] = [];
  let last: { text: string; at: number } | undefined;
  for (const { 0: found, index } of text.matchAll(token)) {
    if (found === '{' || found === '[') open.push(undefined);
    else if (found === '}' || found === ']') open.pop();
    else if (found === ':' && last !== undefined) {
      open[open.length - 1] = String(JSON.parse(last.text));
      if (!open.includes(undefined)) lines.set(open.join('\0'), lineAt(text, last.at));
    }
    if (found.startsWith('"')) last = { text: found, at: index };
  }
  return lines;
}
