import { textOf } from './text.ts';
import type { Reading } from './scope.ts';
import {
  getEntry,
  hash,
  isHash,
  isSame,
  isSymbol,
  setEntry,
  symbol,
  type RubyHash,
  type RubyValue,
} from './values.ts';

/**
 * What a method of a plain value gives; undefined when it is none of the subset. These are the methods that
 * change nothing and whose result is the same in every Ruby.
 */
export function methodValue(
  self: RubyValue,
  name: string,
  args: readonly RubyValue[],
  reading: Reading,
): RubyValue | undefined {
  const [first = null] = args;
  if (args.length === 0) {
    if (name === 'freeze' && typeof self === 'object' && self !== null) reading.frozen.add(self);
    if (name === 'freeze' || name === 'itself') return self;
    if (name === 'nil?') return self === null;
    if (name === 'to_s') return textOf(self, reading.integralFloats);
    if (name === '!') return self === null || self === false;
  }
  if (args.length === 1) {
    if (name === '==') return isSame(self, first);
    if (name === '!=') return !isSame(self, first);
  }
  if (typeof self === 'string') return textMethod(self, name, args);
  if (typeof self === 'number') return numberMethod(self, name, args, reading);
  if (Array.isArray(self)) return listMethod(self, name, args, reading);
  if (isHash(self)) return hashMethod(self, name, args, reading);
  if (isSymbol(self) && args.length === 0) {
    if (name === 'to_sym') return self;
    if (name === 'name') return self.name;
  }
  if (self === null && name === 'to_i' && args.length === 0) return 0;
  return undefined;
}

const BLANKS = '[\\0\\t\\n\\v\\f\\r ]';
const LEADING = new RegExp(`^[\\t\\n\\v\\f\\r \\0]+`);
const TRAILING = new RegExp(`${BLANKS}+$`);

const PLAIN_TEXT: Readonly<Record<string, (self: string) => RubyValue | undefined>> = {
  chomp: (self) => self.replace(/(\r\n|\n|\r)$/, ''),
  strip: (self) => self.replace(LEADING, '').replace(TRAILING, ''),
  lstrip: (self) => self.replace(LEADING, ''),
  rstrip: (self) => self.replace(TRAILING, ''),
  downcase: (self) => self.toLowerCase(),
  upcase: (self) => self.toUpperCase(),
  capitalize: (self) => {
    const [head = '', ...tail] = self;
    return head.toUpperCase() + tail.join('').toLowerCase();
  },
  to_str: (self) => self,
  dup: (self) => self,
  to_sym: (self) => symbol(self),
  to_i: (self) => integerAtStart(self),
  'empty?': (self) => self === '',
};

const TEXT_WITH_TEXT: Readonly<Record<string, (self: string, other: string) => RubyValue>> = {
  '+': (self, other) => self + other,
  chomp: (self, other) => withoutSuffix(self, other),
  delete_suffix: (self, other) => withoutSuffix(self, other),
  delete_prefix: (self, other) => (self.startsWith(other) ? self.slice(other.length) : self),
  'start_with?': (self, other) => self.startsWith(other),
  'end_with?': (self, other) => self.endsWith(other),
  'include?': (self, other) => self.includes(other),
};

function textMethod(self: string, name: string, args: readonly RubyValue[]): RubyValue | undefined {
  const [first, second] = args;
  if (first === undefined) {
    return PLAIN_TEXT[name]?.(self);
  }
  if (typeof first !== 'string') return undefined;
  if (args.length === 1) {
    // `chomp("\n")` and `chomp("")` have rules of their own.
    if (name === 'chomp' && (first === '' || first.endsWith('\n'))) return undefined;
    if (name === 'split') return split(self, first);
    return TEXT_WITH_TEXT[name]?.(self, first);
  }
  if (args.length === 2 && typeof second === 'string' && !second.includes('\\')) {
    if (name === 'sub') return self.replace(first, () => second);
    if (name === 'gsub') return self.replaceAll(first, () => second);
  }
  return undefined;
}

function withoutSuffix(self: string, suffix: string): string {
  return suffix !== '' && self.endsWith(suffix) ? self.slice(0, -suffix.length) : self;
}

/** Ruby's split by a text, which drops empty parts at the end. */
function split(self: string, separator: string): RubyValue | undefined {
  if (separator === '' || separator === ' ') return undefined;
  const parts = self.split(separator);
  while (parts.at(-1) === '') parts.pop();
  return parts;
}

/** Digits at the start, single underscores between them; 0 when there are none. */
function integerAtStart(self: string): number | undefined {
  const digits = /^[\t\n\v\f\r ]*([+-]?\d+(?:_\d+)*)/.exec(self)?.[1] ?? '0';
  const value = Number(digits.replaceAll('_', ''));
  return Number.isSafeInteger(value) ? value : undefined;
}

function numberMethod(
  self: number,
  name: string,
  args: readonly RubyValue[],
  reading: Reading,
): RubyValue | undefined {
  const isInteger = Number.isInteger(self) && !reading.integralFloats.has(self);
  const [other] = args;
  if (!isInteger) return undefined;
  if (other === undefined) return name === 'to_i' ? self : undefined;
  if (typeof other !== 'number' || args.length > 1) return undefined;
  if (!Number.isInteger(other) || reading.integralFloats.has(other)) return undefined;
  const value = { '+': self + other, '-': self - other, '*': self * other }[name];
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}

function listMethod(
  self: readonly RubyValue[],
  name: string,
  args: readonly RubyValue[],
  reading: Reading,
): RubyValue | undefined {
  const [first] = args;
  if (args.length > 1) return undefined;
  switch (name) {
    case 'join': {
      const parts = self.map((item) => textOf(item, reading.integralFloats));
      if (parts.includes(undefined)) return undefined;
      return first === undefined || typeof first === 'string' ? parts.join(first ?? '') : undefined;
    }
    case '[]':
      return Number.isInteger(first) ? (self.at(Number(first)) ?? null) : undefined;
    case '+':
      return Array.isArray(first) ? [...self, ...first] : undefined;
    case '-':
      return Array.isArray(first)
        ? self.filter((item) => !first.some((other) => isSame(item, other)))
        : undefined;
    case 'include?':
      return first === undefined ? undefined : self.some((item) => isSame(item, first));
  }
  if (first !== undefined) return undefined;
  switch (name) {
    case 'first':
      return self[0] ?? null;
    case 'last':
      return self.at(-1) ?? null;
    case 'empty?':
      return self.length === 0;
    case 'compact':
      return self.filter((item) => item !== null);
    case 'dup':
      return [...self];
    case 'reverse':
      return [...self].reverse();
    case 'uniq':
      return self.filter((item, index) => self.findIndex((o) => isSame(o, item)) === index);
    default:
      return undefined;
  }
}

function hashMethod(
  self: RubyHash,
  name: string,
  args: readonly RubyValue[],
  reading: Reading,
): RubyValue | undefined {
  const isIndifferent = reading.indifferent.has(self);
  const [first, ...more] = args;
  if (first === undefined) return name === 'empty?' ? self.entries.length === 0 : undefined;
  if (more.length > 0) return undefined;
  const key = isIndifferent && isSymbol(first) ? first.name : first;
  switch (name) {
    case '[]':
      return getEntry(self, key);
    case 'key?':
    case 'has_key?':
    case 'include?':
      return self.entries.some(([other]) => isSame(other, key));
    case 'merge':
      return isHash(first) && !isIndifferent ? merged(self, first) : undefined;
    default:
      return undefined;
  }
}

function merged(self: RubyHash, other: RubyHash): RubyHash {
  const made = hash(self.entries);
  for (const [key, value] of other.entries) setEntry(made, key, value);
  return made;
}
