import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(import.meta.url);
const TESTS = dirname(dirname(HERE));

const numbered = (letter: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);

/** What the server does otherwise than the reference (REFERENCE 19). */
const OF_THE_SERVER = [
  ...numbered('S', 9),
  ...numbered('H', 12),
  ...numbered('N', 6),
  ...numbered('J', 8),
  ...['E1', 'E2', 'E3', 'D1', 'D2', 'W2', 'Z1', 'Z4', 'Z5'],
];
/** What the agent does otherwise. */
const OF_THE_AGENT = ['S10', 'S11', ...numbered('A', 13)];
const DECISIONS = 17;

/** A literal that is a title, or that begins with an id as the rows do which become titles. */
const LITERALS = /(?:\b(?:it|describe)\(\s*)?(['"`])((?:\\.|(?!\1)[^\\\n])+)\1/g;
const ID = /\b[A-Z]\d{1,2}\b/g;
const SPAN = /\b([A-Z])(\d{1,2})–\1(\d{1,2})\b/g;
const DECISION = /\bDecisions? (\d+(?:(?:, | and )\d+)*)/g;

/** The ids that a title names, `A1–A3` spelled out. */
function idsIn(title: string): string[] {
  const spans = [...title.matchAll(SPAN)].flatMap(([, letter = '', from, to]) =>
    numbered(letter, Number(to)).slice(Number(from) - 1),
  );
  return [...spans, ...(title.match(ID) ?? [])];
}

function decisionsIn(title: string): number[] {
  return [...title.matchAll(DECISION)].flatMap(([, list = '']) =>
    (list.match(/\d+/g) ?? []).map(Number),
  );
}

async function titles(): Promise<string[]> {
  const all = await readdir(TESTS, { recursive: true });
  // This file names every id, and proves none.
  const files = all
    .map((name) => join(TESTS, name))
    .filter((file) => file.endsWith('.test.ts') && file !== HERE);
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return texts.flatMap((text) =>
    [...text.matchAll(LITERALS)]
      .filter(([whole, , inside = '']) => /^(it|describe)\(/.test(whole) || /^[A-Z]\d/.test(inside))
      .map(([, , inside = '']) => inside),
  );
}

describe('What is promised', () => {
  it('has a test by the name of every bug of the reference that we do not have (REFERENCE 19)', async () => {
    const tested = new Set((await titles()).flatMap(idsIn));
    const wanted = [...OF_THE_SERVER, ...OF_THE_AGENT];
    assert.deepEqual(
      wanted.filter((id) => !tested.has(id)),
      [],
    );
  });

  it('has a test by the number of every decision', async () => {
    const tested = new Set((await titles()).flatMap(decisionsIn));
    const wanted = Array.from({ length: DECISIONS }, (_, i) => i + 1);
    assert.deepEqual(
      wanted.filter((number) => !tested.has(number)),
      [],
    );
  });

  it('reads titles, rows of titles and their lists alike', () => {
    assert.deepEqual(idsIn('takeLock (A1–A3), S8: REFERENCE 19'), [
      'A1',
      'A2',
      'A3',
      'A1',
      'A3',
      'S8',
    ]);
    assert.deepEqual(decisionsIn('Decisions 1, 2 and 13 (Decision 4)'), [1, 2, 13, 4]);
  });
});
