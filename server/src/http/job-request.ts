import type { JobRequest } from '@pushy/protocol';
import { refuseBare, type Judged } from './answer.ts';
import { findDuplicateKeys } from './duplicate-key.ts';
import { faultOfFile } from './job-file.ts';

/** The largest number that the database keeps for `quorum` and `run_timeout` (REFERENCE 10). */
const MAX_INTEGER = 2_147_483_647;

/** Characters; no node of a longer name can connect, and the database could not index it. */
const MAX_NODE_NAME = 255;

const UNKNOWN = 'an unknown validation error has occurred';
const NO_NODES = 'at least one node must be supplied';

const KEYS: ReadonlySet<string> = new Set<keyof JobRequest>([
  'command',
  'nodes',
  'quorum',
  'run_timeout',
  'user',
  'dir',
  'env',
  'file',
  'capture_output',
]);

type Document = Readonly<Record<string, unknown>>;

/** The rows 2 to 16 of REFERENCE 8.3 in their order, then ours: [row, fault of the document, text or undefined]. */
const CHECKS: readonly (readonly [
  row: string,
  fault: (d: Document, text: string) => string | undefined,
])[] = [
  ['2', (d) => unless(isString(d['command']), 'invalid command supplied')],
  ['3', (d) => unless(isStrings(d['nodes']), NO_NODES)],
  ['4', (d) => unless(optional(d, 'run_timeout', isNumber), mustBe('run_timeout', 'number'))],
  ['5', (d) => unless(optional(d, 'quorum', isNumber), mustBe('quorum', 'number'))],
  ['6', (d) => unless(optional(d, 'user', isString), UNKNOWN)],
  ['7', (d) => unless(optional(d, 'dir', isString), UNKNOWN)],
  ['8', (d) => unless(optional(d, 'env', isEnvironment), UNKNOWN)],
  ['9', (d) => unless(optional(d, 'file', isString), UNKNOWN)],
  [
    '10',
    (d) => unless(optional(d, 'capture_output', isBoolean), mustBe('capture_output', 'boolean')),
  ],
  [
    '11',
    (d) =>
      unless(
        Object.keys(d).every((key) => KEYS.has(key)),
        'invalid key supplied',
      ),
  ],
  ['12', (d) => unless((d['nodes'] as string[]).length > 0, NO_NODES)],
  [
    '13',
    (_, text) =>
      unless(
        findDuplicateKeys(text, 'env').inMember === undefined,
        'invalid environment value (duplicate key)',
      ),
  ],
  ['14–16', (d) => (isString(d['file']) ? faultOfFile(d['file']) : undefined)],
  // The reference took the first of two, JSON.parse takes the last: nobody can say which job was meant.
  [
    'ours',
    (_, text) =>
      unless(findDuplicateKeys(text, 'env').own === undefined, 'invalid JSON (duplicate key)'),
  ],
  ['H4', (d) => unless(optional(d, 'run_timeout', isWhole), mustBeWhole('run_timeout'))],
  ['H4, H5', (d) => unless(optional(d, 'quorum', isWhole), mustBeWhole('quorum'))],
  [
    'REFERENCE 10, H6',
    (d) =>
      unless(
        (d['nodes'] as string[]).every((name) => name.length <= MAX_NODE_NAME),
        `invalid node name supplied (must be <= ${MAX_NODE_NAME} characters)`,
      ),
  ],
  ['REFERENCE 10', (d) => unless(isStorable(d), 'invalid text (NUL or half a surrogate pair)')],
];

/** Judges the body of a new job (REFERENCE 3 step 6, 8.3); the value names each node once (H3). */
export function readJobRequest(body: Buffer): Judged<JobRequest> {
  const text = decode(body);
  const document = text === undefined ? undefined : parse(text);
  // H1: a body that is no JSON at all is the sender's fault.
  if (text === undefined || document === undefined) return refuseBare(400, 'invalid JSON');
  if (!isObject(document.value)) return refuseBare(400, UNKNOWN); // row 1
  for (const [, fault] of CHECKS) {
    const found = fault(document.value, text);
    if (found !== undefined) return refuseBare(400, found);
  }
  const job = document.value as JobRequest;
  return { ok: true, value: { ...job, nodes: [...new Set(job.nodes)] } };
}

function decode(body: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined; // invalid UTF-8
  }
}

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined; // not JSON
  }
}

function unless(right: boolean, fault: string): string | undefined {
  return right ? undefined : fault;
}

function mustBe(key: string, type: string): string {
  return `invalid type supplied for ${key} (expected a ${type})`;
}

function mustBeWhole(key: string): string {
  return `invalid value supplied for ${key} (expected a whole number from 0 to ${MAX_INTEGER})`;
}

function optional(d: Document, key: string, is: (value: unknown) => boolean): boolean {
  return !Object.hasOwn(d, key) || is(d[key]);
}

function isObject(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function isString(value: unknown): value is string {
  return typeof value === 'string';
}
function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}
function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}
function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every(isString);
}
function isEnvironment(value: unknown): boolean {
  return isObject(value) && Object.values(value).every(isString);
}
function isWhole(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_INTEGER;
}

/** Text that UTF-8 and the database can hold, in every string and key. */
function isStorable(value: unknown): boolean {
  if (isString(value)) return !/[\0\p{Surrogate}]/u.test(value);
  if (Array.isArray(value)) return value.every(isStorable);
  if (isObject(value)) return Object.entries(value).every((entry) => entry.every(isStorable));
  return true;
}
