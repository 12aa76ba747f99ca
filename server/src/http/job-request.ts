import { MAX_JOB_NODES, type JobRequest, type JobSearchRequest } from '@pushy/protocol';
import { refuseBare, type Judged } from './answer.ts';
import { findDuplicateKeys } from './duplicate-key.ts';
import { faultOfFile } from './job-file.ts';
import { isObject, isStrings, readJson } from './json-body.ts';

/** The largest number that the database keeps for `quorum` and `run_timeout` (REFERENCE 10). */
const MAX_INTEGER = 2_147_483_647;

/** Characters; no node of a longer name can connect, and the database could not index it. */
const MAX_NODE_NAME = 255;

const UNKNOWN = 'an unknown validation error has occurred';
const NO_NODES = 'at least one node must be supplied';

/** A job as it was asked for: with a search, `nodes` is still empty. */
export type JobOrder = JobRequest & Partial<Pick<JobSearchRequest, 'search'>>;

const KEYS: ReadonlySet<string> = new Set<keyof JobOrder>([
  'command',
  'nodes',
  'search',
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
  ['3', (d) => unless(isSearch(d) || isStrings(d['nodes']), NO_NODES)],
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
  ['12', (d) => unless(isSearch(d) || namesOf(d).length > 0, NO_NODES)],
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
        namesOf(d).every((name) => name.length <= MAX_NODE_NAME),
        `invalid node name supplied (must be <= ${MAX_NODE_NAME} characters)`,
      ),
  ],
  [
    'ours',
    (d) =>
      unless(
        namesOf(d).length <= MAX_JOB_NODES,
        `too many nodes supplied (${namesOf(d).length}, and ${MAX_JOB_NODES} is the most)`,
      ),
  ],
  [
    'Decision 13',
    (d) => unless(optional(d, 'search', isQuery), 'invalid search supplied (expected a query)'),
  ],
  [
    'Decision 13',
    (d) =>
      unless(
        !isSearch(d) || !Object.hasOwn(d, 'nodes'),
        'nodes and search exclude each other: supply one of them',
      ),
  ],
  ['REFERENCE 10', (d) => unless(isStorable(d), 'invalid text (NUL or half a surrogate pair)')],
];

/** Judges the body of a new job (REFERENCE 3 step 6, 8.3); the value names each node once (H3). */
export function readJobRequest(body: Buffer): Judged<JobOrder> {
  const document = readJson(body);
  // H1: a body that is no JSON at all is the sender's fault.
  if (document === undefined) return refuseBare(400, 'invalid JSON');
  const { value, text } = document;
  if (!isObject(value)) return refuseBare(400, UNKNOWN); // row 1
  for (const [, fault] of CHECKS) {
    const found = fault(value, text);
    if (found !== undefined) return refuseBare(400, found);
  }
  const job = value as JobOrder;
  return { ok: true, value: { ...job, nodes: [...new Set(namesOf(value))] } };
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

function isString(value: unknown): value is string {
  return typeof value === 'string';
}
function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}
function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}
function isSearch(d: Document): boolean {
  return Object.hasOwn(d, 'search');
}
function isQuery(value: unknown): boolean {
  return isString(value) && value.trim() !== '';
}
/** Of a document that passed row 3. */
function namesOf(d: Document): string[] {
  return isStrings(d['nodes']) ? d['nodes'] : [];
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
