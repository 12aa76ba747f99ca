// Reads what c8 wrote (or the file that is named) and enforces the coverage that each room of the project promises.
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { projectDir } from './stage.mjs';

/** Rooms in which every line, branch and function is run by the unit and contract tests. */
const whole = [
  'server/src/core',
  'client/src/core',
  'protocol/src',
  'mixlib-authentication-ts/src',
];
/** Per cent of the lines of every other room. */
const otherLines = 90;

const reportFile = process.argv[2] ?? join(projectDir, 'coverage/coverage-final.json');
const report = JSON.parse(readFileSync(reportFile, 'utf8'));
const rooms = new Map();
for (const entry of Object.values(report)) {
  const file = relative(projectDir, entry.path).split(sep).join('/');
  // The process edges are run by the system tests.
  if (file.endsWith('/main.ts')) continue;
  const counted = count(entry);
  if (counted.lines.hit === 0 && (await isTypesOnly(entry.path))) continue;
  const room = roomOf(file);
  const known = rooms.get(room) ?? { lines: zero(), branches: zero(), functions: zero(), gaps: [] };
  for (const kind of ['lines', 'branches', 'functions']) {
    known[kind].hit += counted[kind].hit;
    known[kind].all += counted[kind].all;
  }
  if (counted.gaps !== '') known.gaps.push(`${file}: ${counted.gaps}`);
  rooms.set(room, known);
}

let failures = 0;
for (const [room, found] of [...rooms].sort(([a], [b]) => a.localeCompare(b))) {
  const limits = whole.includes(room)
    ? { lines: 100, branches: 100, functions: 100 }
    : { lines: otherLines };
  const short = Object.entries(limits).filter(([kind, limit]) => percent(found[kind]) < limit);
  const numbers = ['lines', 'branches', 'functions']
    .map((kind) => `${kind} ${percent(found[kind]).toFixed(1)} %`)
    .join(', ');
  console.log(`${short.length === 0 ? 'ok ' : '***'} ${room}: ${numbers}`);
  if (short.length === 0) continue;
  failures += 1;
  for (const [kind, limit] of short) console.log(`      ${kind} below ${limit} %`);
  for (const gap of found.gaps) console.log(`      ${gap}`);
}
if (rooms.size === 0) {
  console.log(`*** ${reportFile} names no file of the project`);
  failures += 1;
}
process.exitCode = failures === 0 ? 0 : 1;

/** A directory below a package's src is a room of its own, the files beside it are the package's room. */
function roomOf(file) {
  const found = whole.find((room) => file.startsWith(`${room}/`));
  if (found !== undefined) return found;
  const [name, src, first, ...rest] = file.split('/');
  return rest.length === 0 ? `${name}/${src}` : `${name}/${src}/${first}`;
}

function count({ statementMap, s, branchMap, b, fnMap, f }) {
  const lines = new Map();
  for (const [id, { start }] of Object.entries(statementMap)) {
    lines.set(start.line, Math.max(lines.get(start.line) ?? 0, s[id]));
  }
  const branches = Object.entries(branchMap).flatMap(([id, { locations }]) =>
    b[id].map((hits, i) => ({ hits, line: locations[i]?.start.line })),
  );
  const functions = Object.entries(fnMap).map(([id, { loc }]) => ({
    hits: f[id],
    line: loc.start.line,
  }));
  const gaps = [
    ['lines', ranges([...lines].filter(([, hits]) => hits === 0).map(([line]) => line))],
    ['branches at', ranges(branches.filter((x) => x.hits === 0).map((x) => x.line))],
    ['functions at', ranges(functions.filter((x) => x.hits === 0).map((x) => x.line))],
  ];
  return {
    lines: share([...lines.values()]),
    branches: share(branches.map((x) => x.hits)),
    functions: share(functions.map((x) => x.hits)),
    gaps: gaps
      .filter(([, where]) => where !== '')
      .map(([what, where]) => `${what} ${where}`)
      .join('; '),
  };
}

/** `[1, 2, 3, 7]` as `1-3, 7`. */
function ranges(numbers) {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const parts = [];
  for (const n of sorted) {
    const last = parts.at(-1);
    if (last !== undefined && last[1] === n - 1) last[1] = n;
    else parts.push([n, n]);
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}

/** A file of nothing but types is erased from every import: no test can load it. */
async function isTypesOnly(path) {
  const { default: ts } = await import('typescript');
  const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      removeComments: true,
      verbatimModuleSyntax: true,
    },
  });
  return /^(\s*export \{\};?)?\s*$/.test(outputText);
}

function zero() {
  return { hit: 0, all: 0 };
}

function share(hits) {
  return { hit: hits.filter((n) => n > 0).length, all: hits.length };
}

function percent({ hit, all }) {
  return all === 0 ? 100 : (100 * hit) / all;
}
