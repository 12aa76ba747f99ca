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
  return settingsOf(parsed, file, (name) => lines.get(name) ?? 1);
}

/** Where something stands that is no token of JSON. */
function firstStrange(text: string): number {
  TOKEN.lastIndex = 0;
  let offset = 0;
  while (TOKEN.test(text)) offset = TOKEN.lastIndex;
  return offset;
}

/** The line of each key of the outermost object. */
function linesOfKeys(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  const token = new RegExp(TOKEN.source, 'g');
  let depth = 0;
  let key: { text: string; at: number } | undefined;
  for (const { 0: found, index } of text.matchAll(token)) {
    if (found === '{' || found === '[') depth++;
    else if (found === '}' || found === ']') depth--;
    else if (found === ':' && depth === 1 && key !== undefined)
      lines.set(String(JSON.parse(key.text)), lineAt(text, key.at));
    if (found.startsWith('"')) key = { text: found, at: index };
  }
  return lines;
}
