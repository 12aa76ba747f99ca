import { getEntry, isHash, type Setting } from '@pushy/ruby-config';
import { TomlError, parse } from 'smol-toml';
import { badData, settingsOf } from './values.ts';

/** Reads TOML; `relevant` are the names of settings that must not be lost inside a table. */
export function readToml(
  text: string,
  file: string,
  relevant: ReadonlySet<string>,
): Map<string, Setting> {
  let parsed: unknown;
  try {
    parsed = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The lines after the first show the file, in which there may be a secret.
    const [what = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    throw badData(file, error.line, `this is no TOML: ${what}`);
  }
  const keys = keysOf(text);
  const settings = settingsOf(parsed, file, (path) => keys.get(path.join('\0'))?.line);
  const lost = swallowed(settings.get('whitelist'), keys.values(), relevant);
  if (lost === undefined) return settings;
  const { line, name, table } = lost;
  const what = `${name} stands below [${table.join('.')}] and so is a command of the whitelist`;
  const advice = 'put the settings above the first table';
  throw badData(file, line, `${what}: ${advice} (a command of this name: in quotes)`);
}

/** A key as it is written. */
interface Key {
  readonly line: number;
  /** The table that it stands below: a `[header]`. */
  readonly table: readonly string[];
  readonly name: string;
  readonly isBare: boolean;
}

/** The first setting that stands below `[whitelist]`, and so belongs to that table. */
function swallowed(
  whitelist: Setting | undefined,
  keys: Iterable<Key>,
  relevant: ReadonlySet<string>,
): Key | undefined {
  for (const key of keys) {
    const { table, name, isBare } = key;
    if (table[0] !== 'whitelist' || !isBare || !relevant.has(name)) continue;
    // A line of a text of several lines may look like a key.
    let within = whitelist?.value ?? null;
    for (const part of [...table.slice(1), name])
      within = isHash(within) ? getEntry(within, part) : null;
    if (within !== null) return key;
  }
  return undefined;
}

const PART = /[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*'/;
const PATH = `(?:${PART.source})(?:[ \\t]*\\.[ \\t]*(?:${PART.source}))*`;
const HEADER = new RegExp(`^[ \\t]*\\[[ \\t]*(${PATH})[ \\t]*\\]`);
const PAIR = new RegExp(`^[ \\t]*(${PATH})[ \\t]*=`);

/** Every key that begins a line, and every header, by the path to it; the parser tells no lines. */
function keysOf(text: string): Map<string, Key> {
  const keys = new Map<string, Key>();
  let table: string[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    if (/^[ \t]*\[\[/.test(content)) table = ['\0'];
    const header = HEADER.exec(content)?.[1];
    const written = header ?? PAIR.exec(content)?.[1];
    if (written === undefined) continue;
    const parts = written.match(new RegExp(PART.source, 'g')) ?? [];
    const path = parts.map(unquoted);
    const own = header === undefined ? table : [];
    for (const [at, name] of path.entries()) {
      const full = [...own, ...path.slice(0, at + 1)].join('\0');
      const isBare = header === undefined && parts[at] === name;
      if (!keys.has(full)) keys.set(full, { line: index + 1, table: own, name, isBare });
    }
    if (header !== undefined) table = path;
  }
  return keys;
}

function unquoted(part: string): string {
  return part.startsWith('"') || part.startsWith("'") ? part.slice(1, -1) : part;
}
