/** A value of the static subset, as plain data. Integers and floats are both numbers. */
export type RubyValue =
  | string
  | number
  | boolean
  | null
  | RubyValue[]
  | RubySymbol
  | RubyRegexp
  | RubyHash
  | RubyConstant;

/** `:verify_peer`. */
export interface RubySymbol {
  readonly kind: 'symbol';
  readonly name: string;
}

/** `/^delivery-cmd (.+)$/`: the source is Ruby's own syntax, its translation is the reader's matter. */
export interface RubyRegexp {
  readonly kind: 'regexp';
  readonly source: string;
  /** Of `i`, `m`, `x`, in this order. */
  readonly flags: string;
  /** Where it is written. */
  readonly place?: { readonly file: string; readonly line: number };
}

/** A hash with its entries in insertion order, each key once. */
export interface RubyHash {
  readonly kind: 'hash';
  readonly entries: [RubyValue, RubyValue][];
}

/** A constant that stands for itself, such as `STDOUT`. */
export interface RubyConstant {
  readonly kind: 'constant';
  readonly name: string;
}

/** Makes a symbol. */
export function symbol(name: string): RubySymbol {
  return { kind: 'symbol', name };
}

/** Makes a hash; of two equal keys the first gives the place and the last the value, as in Ruby. */
export function hash(entries: Iterable<readonly [RubyValue, RubyValue]> = []): RubyHash {
  const made: RubyHash = { kind: 'hash', entries: [] };
  for (const [key, value] of entries) setEntry(made, key, value);
  return made;
}

/** Sets one entry of a hash in place. */
export function setEntry(target: RubyHash, key: RubyValue, value: RubyValue): void {
  const entry = target.entries.find(([other]) => isSame(other, key));
  if (entry === undefined) target.entries.push([key, value]);
  else entry[1] = value;
}

/** The value of a key, or nil (null), as `hash[key]` gives. */
export function getEntry(target: RubyHash, key: RubyValue): RubyValue {
  return target.entries.find(([other]) => isSame(other, key))?.[1] ?? null;
}

/** Whether the value is a Ruby hash. */
export function isHash(value: RubyValue): value is RubyHash {
  return isKind(value, 'hash');
}

/** Whether the value is a Ruby symbol. */
export function isSymbol(value: RubyValue): value is RubySymbol {
  return isKind(value, 'symbol');
}

function isKind(value: RubyValue, kind: string): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && value.kind === kind
  );
}

/** Everything but nil and false is true in Ruby. */
export function isTruthy(value: RubyValue): boolean {
  return value !== null && value !== false;
}

/** Ruby's `==` on the values of the subset; a hash is compared without regard to order. */
export function isSame(a: RubyValue, b: RubyValue): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => isSame(item, b[index] ?? null));
  }
  if (a.kind === 'hash' && b.kind === 'hash') {
    if (a.entries.length !== b.entries.length) return false;
    return a.entries.every(([key, value]) =>
      b.entries.some(([otherKey, other]) => isSame(key, otherKey) && isSame(value, other)),
    );
  }
  if (a.kind === 'regexp' && b.kind === 'regexp')
    return a.source === b.source && a.flags === b.flags;
  if (a.kind === 'hash' || b.kind === 'hash' || a.kind === 'regexp' || b.kind === 'regexp')
    return false;
  return a.kind === b.kind && a.name === b.name;
}

/**
 * The value as JSON would have it: a symbol or constant is its name, a regexp its literal, a hash an
 * object with text keys (of keys that look the same the last one stays).
 */
export function toPlain(value: RubyValue): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(toPlain);
  switch (value.kind) {
    case 'symbol':
    case 'constant':
      return value.name;
    case 'regexp':
      return `/${value.source}/${value.flags}`;
    case 'hash':
      return Object.fromEntries(value.entries.map(([key, item]) => [keyText(key), toPlain(item)]));
  }
}

/** A key as text. */
export function keyText(key: RubyValue): string {
  const plain = toPlain(key);
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
}
