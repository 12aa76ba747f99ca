import assert from 'node:assert/strict';
import fc from 'fast-check';
import { findDuplicateKeys } from '../../../server/src/http/duplicate-key.ts';
import { readJobRequest } from '../../../server/src/http/job-request.ts';
import { corpusOf, hostileBytes, hostileJson, hostileText } from '../hostile.ts';
import { makeTarget, type FuzzTarget } from '../target.ts';

/** `readJobRequest`: what it accepts is of its types, what it refuses has a status and a text (REFERENCE 8.3). */
export function jobBodyTarget(): FuzzTarget {
  const corpus = corpusOf('job-body');
  const numbers = fc.oneof(fc.integer(), fc.double(), hostileJson);
  const members = fc.record(
    {
      command: fc.oneof({ weight: 9, arbitrary: hostileText }, hostileJson),
      nodes: fc.oneof(
        { weight: 9, arbitrary: fc.array(hostileText, { maxLength: 4 }) },
        hostileJson,
      ),
      quorum: numbers,
      run_timeout: numbers,
      user: fc.oneof(hostileText, hostileJson),
      dir: fc.oneof(hostileText, hostileJson),
      env: fc.oneof(fc.dictionary(hostileText, hostileText, { maxKeys: 4 }), hostileJson),
      file: fc.oneof(
        hostileText.map((text) => `raw:${text}`),
        hostileText.map((text) => `base64:${text}`),
        hostileJson,
      ),
      capture_output: fc.oneof(fc.boolean(), hostileJson),
    },
    { requiredKeys: ['command', 'nodes'] },
  );
  return makeTarget<Buffer>({
    name: 'job body',
    share: 20,
    inputs: fc.oneof(
      { weight: 2, arbitrary: hostileBytes(corpus) },
      { weight: 2, arbitrary: members.map((job) => Buffer.from(JSON.stringify(job))) },
    ),
    corpus: [...corpus, ...tooMuch()],
    check: checkBody,
  });
}

/** Bodies that are too long to be kept in files. */
function tooMuch(): Buffer[] {
  const deep = 100_000;
  return [
    '['.repeat(deep),
    '{"a":'.repeat(deep),
    `{"command":"c","nodes":["n"],"env":${'['.repeat(deep)}${']'.repeat(deep)}}`,
    `{"command":"c","nodes":${'['.repeat(deep)}${']'.repeat(deep)}}`,
    `{"command":"c","nodes":["n"],"x":${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}}`,
    `{"command":"c","nodes":["n"],"file":"base64:${' '.repeat(900_000)}"}`,
    `{"command":"c","nodes":["n"],"file":"base64:${'A'.repeat(900_000)}"}`,
    `{"command":"c","nodes":[${'"n",'.repeat(200_000)}"n"]}`,
    `{"command":"c","nodes":["n"],"env":{${'"a":"b",'.repeat(100_000)}"a":"b"}}`,
    `{"command":"c","nodes":["n"],"run_timeout":${'9'.repeat(900_000)}}`,
    `{"command":"${'\\'.repeat(900_000)}","nodes":["n"]}`,
  ].map((text) => Buffer.from(text));
}

function checkBody(body: Buffer): void {
  const read = readJobRequest(body);
  if (read.ok) {
    const { command, nodes, quorum = 0, run_timeout: timeout = 0, env = {} } = read.value;
    assert.ok([command, ...nodes, ...Object.values(env)].every((text) => typeof text === 'string'));
    assert.ok([quorum, timeout].every((n) => Number.isInteger(n) && n >= 0));
    assert.equal(new Set(nodes).size, nodes.length);
    return;
  }
  assert.equal(read.answer.status, 400);
  const { error } = read.answer.json as { error: unknown };
  assert.equal(typeof error, 'string');
}

/** `findDuplicateKeys` finds a repeated key of `env`, however it is written, and no other (row 13). */
export function duplicateKeyTarget(): FuzzTarget {
  const pairs = fc.array(fc.tuple(hostileText, fc.oneof(hostileText, hostileJson), fc.boolean()), {
    maxLength: 6,
  });
  const space = fc.constantFrom('', ' ', '\n', '\t\r\n');
  return makeTarget<Written>({
    name: 'duplicate key',
    share: 10,
    inputs: fc.record({ pairs, space, around: fc.array(hostileJson, { maxLength: 2 }) }),
    corpus: [],
    check: checkKeys,
  });
}

interface Written {
  /** Key, value, and whether the key is written in escapes. */
  pairs: [key: string, value: unknown, escaped: boolean][];
  space: string;
  around: unknown[];
}

function checkKeys({ pairs, space, around }: Written): void {
  const written = pairs.map(
    ([key, value, escaped]) =>
      `${space}${escaped ? escape(key) : JSON.stringify(key)}${space}:${space}${JSON.stringify(value)}`,
  );
  const text = `{"before":${JSON.stringify(around)},${space}"env"${space}:{${written.join(',')}}${space},"after":{"env":{"a":1,"a":2}}}`;
  const seen = new Set<string>();
  let expected: string | undefined;
  for (const [key] of pairs) {
    if (seen.has(key)) expected ??= key;
    seen.add(key);
  }
  assert.doesNotThrow(() => JSON.parse(text) as unknown);
  assert.deepEqual(findDuplicateKeys(text, 'env'), { own: undefined, inMember: expected });
}

function escape(key: string): string {
  const units = Array.from({ length: key.length }, (_, i) => key.charCodeAt(i));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
}
