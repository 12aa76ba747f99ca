import { isHash, type RubyValue, type Setting } from '@pushy/ruby-config';
import { AgentError } from '../../errors.ts';

/** Tables inside a setting whose entries have places: an entry of a whitelist, and its keys. */
const DEPTH = 2;

/** The error for what is wrong in a file of data. */
export function badData(file: string, line: number, what: string, cause?: unknown): AgentError {
  return new AgentError('bad_config', `${file}:${line}: ${what}`, { cause });
}

/** What a parser gives, as Ruby has it. */
export function settingsOf(
  parsed: unknown,
  file: string,
  lineOf: (path: readonly string[]) => number | undefined,
): Map<string, Setting> {
  const entries = entriesOf(parsed);
  if (entries === undefined)
    throw badData(file, 1, 'it must hold names of settings with their values');
  return new Map(
    entries.map(([key, item]): [string, Setting] => {
      const name = isSymbol(key) ? key.name : key;
      if (typeof name !== 'string') throw badData(file, 1, 'a key is no text: it names no setting');
      const line = lineOf([name]) ?? 1;
      const refuse = (what: string) => badData(file, line, `${name}: ${what}`);
      const value = rubyValue(item, refuse);
      const places = placesIn(value, [name], (path) => lineOf(path)).map(([path, at]) => {
        return { path: path.slice(1), file, line: at };
      });
      return [name, { value, file, line, ...(places.length === 0 ? {} : { places }) }];
    }),
  );
}

/** Where the entries of a hash stand, and theirs. */
function placesIn(
  value: RubyValue,
  path: readonly string[],
  lineOf: (path: readonly string[]) => number | undefined,
): [string[], number][] {
  if (!isHash(value) || path.length > DEPTH) return [];
  return value.entries.flatMap(([key, item]) => {
    if (typeof key !== 'string') return [];
    const own = [...path, key];
    const line = lineOf(own);
    return [
      ...(line === undefined ? [] : [[own, line] as [string[], number]]),
      ...placesIn(item, own, lineOf),
    ];
  });
}

function rubyValue(value: unknown, refuse: (what: string) => AgentError): RubyValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return value;
  if (isSymbol(value)) return { kind: 'symbol', name: value.name };
  if (Array.isArray(value)) return value.map((item) => rubyValue(item, refuse));
  const entries = entriesOf(value);
  if (entries === undefined) throw refuse('a value that is no text, number, list or table');
  return {
    kind: 'hash',
    entries: entries.map(([key, item]) => [rubyValue(key, refuse), rubyValue(item, refuse)]),
  };
}

/** Of a map, or of an object without a class: a date is none. */
function entriesOf(value: unknown): [unknown, unknown][] | undefined {
  if (value instanceof Map) return [...value];
  const isPlain =
    typeof value === 'object' &&
    value !== null &&
    (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null);
  return isPlain ? Object.entries(value) : undefined;
}

/** `:verify_none` of YAML. */
export class DataSymbol {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

function isSymbol(value: unknown): value is DataSymbol {
  return value instanceof DataSymbol;
}

/** The line of an offset, from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
