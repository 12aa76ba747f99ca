import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Texts that have broken readers before. */
const TOKENS = [
  ...[
    '',
    '\0',
    '\r\n',
    '\n',
    ';',
    ':',
    '=',
    ',',
    '/',
    '//',
    '%',
    '%00',
    '%2f',
    '..',
    '?',
    '#',
    '&',
  ],
  ...['"', "'", '\\', '\\u0000', '\\ud800', '{', '}', '[', ']', '[[[[[[[[', '{"a":', '//', '/*'],
  ...['null', 'true', 'NaN', 'Infinity', '-0', '1e400', '1E-400', '9007199254740993', '0x10', '00'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'then', 'toJSON'],
  ...['\u00e9', '\u{1f4a9}', '\ufeff', '\u2028', '\u202e', '\ufffd', '=='],
] as const;

/** Text of every kind: what people type, what machines send, what nobody should. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...TOKENS),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 80 }),
  fc.array(fc.constantFrom(...TOKENS), { maxLength: 8 }).map((parts) => parts.join('')),
);

/** A JSON value of any depth, with hostile keys and texts. */
export const hostileJson: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false, 0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63)),
    hostileText,
    fc.double({ noDefaultInfinity: true, noNaN: true }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(hostileText, tie('value'), { maxKeys: 5 }),
  ),
})).value;

type Edit =
  | { kind: 'flip'; at: number; bit: number }
  | { kind: 'insert'; at: number; bytes: Uint8Array }
  | { kind: 'token'; at: number; token: string }
  | { kind: 'cut'; at: number; length: number }
  | { kind: 'double'; at: number; length: number }
  | { kind: 'end'; at: number };

const at = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const length = fc.integer({ min: 1, max: 64 });
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at, bit: fc.integer({ min: 0, max: 7 }) }),
  fc.record({ kind: fc.constant('insert' as const), at, bytes: fc.uint8Array({ maxLength: 8 }) }),
  fc.record({ kind: fc.constant('token' as const), at, token: fc.constantFrom(...TOKENS) }),
  fc.record({ kind: fc.constant('cut' as const), at, length }),
  fc.record({ kind: fc.constant('double' as const), at, length }),
  fc.record({ kind: fc.constant('end' as const), at }),
);

/** Bytes near one of these seeds, or far from all of them. */
export function hostileBytes(seeds: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const far = [
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    hostileJson.map((value) => Buffer.from(JSON.stringify(value))),
  ] as const;
  const [first, ...rest] = seeds;
  if (first === undefined) return fc.oneof(...far);
  const near = fc
    .tuple(fc.constantFrom(first, ...rest), fc.array(edit, { maxLength: 5 }))
    .map(([seed, edits]) => edits.reduce(apply, seed));
  return fc.oneof(
    { weight: 4, arbitrary: near },
    ...far.map((arbitrary) => ({ weight: 1, arbitrary })),
  );
}

/** Text near one of these seeds, or far from all of them. */
export function hostileTextNear(seeds: readonly string[]): fc.Arbitrary<string> {
  const near = hostileBytes(seeds.map((seed) => Buffer.from(seed)));
  return fc.oneof(
    near.map((bytes) => bytes.toString()),
    hostileText,
  );
}

function apply(bytes: Buffer, edit: Edit): Buffer {
  const i = Math.floor(edit.at * (bytes.length + 1));
  const [head, tail] = [bytes.subarray(0, i), bytes.subarray(i)];
  switch (edit.kind) {
    case 'flip': {
      const copy = Buffer.from(bytes);
      if (i < copy.length) copy[i] = (copy[i] ?? 0) ^ (1 << edit.bit);
      return copy;
    }
    case 'insert':
      return Buffer.concat([head, edit.bytes, tail]);
    case 'token':
      return Buffer.concat([head, Buffer.from(edit.token), tail]);
    case 'cut':
      return Buffer.concat([head, tail.subarray(edit.length)]);
    case 'double':
      return Buffer.concat([head, tail.subarray(0, edit.length), tail]);
    case 'end':
      return head;
  }
}

/** The files of one folder of test/fixtures/fuzz, as they are, in the order of their names. */
export function corpusOf(name: string): Buffer[] {
  const folder = fileURLToPath(new URL(`../fixtures/fuzz/${name}/`, import.meta.url));
  return readdirSync(folder)
    .sort()
    .map((file) => readFileSync(`${folder}${file}`));
}
