// `npm test`: everything, from nothing. `npm test -- system` (`npm run test:system`): the system tests alone.
// The last line says how many tests passed, failed and were skipped; a stage that fails outside of a test counts
// as a failure.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { install } from './install.mjs';
import { projectDir, runStage } from './stage.mjs';

const minute = 60_000;
/** Two cores take 20 to 25 minutes for the whole; what has not ended after 40 hangs. */
const endOfTime = Date.now() + 40 * minute;
const strict = process.env.CI === 'true';
const totals = { passed: 0, failed: 0, skipped: 0 };
const problems = [];
const failures = [];
const scratch = mkdtempSync(join(tmpdir(), 'pushy-totals-'));
const typescript = ['--import', 'ts-blank-space/register', '--conditions=@pushy/source'];
const mocha = 'node_modules/mocha/bin/mocha.js';

/** A stage that is not made of tests: its failure counts as one. */
async function stage(name, file, args, minutes, more) {
  const timeoutMs = Math.min(minutes * minute, Math.max(1, endOfTime - Date.now()));
  const { ok, problem } = await runStage(name, file, args, { timeoutMs, ...more });
  if (!ok) problems.push(`${name}: ${problem}`);
  return ok;
}

/** A stage of mocha: its tests count. */
async function tests(name, args, minutes) {
  const file = join(scratch, name.replaceAll(/\W/g, '-'));
  const before = problems.length;
  await stage(name, process.execPath, args, minutes, { env: { TEST_TOTALS: file } });
  const counted = readTotals(file);
  totals.passed += counted.passed;
  totals.failed += counted.failed;
  totals.skipped += counted.skipped;
  failures.push(...counted.failures);
  // A failed stage whose tests did not fail: that is one more failure, not none.
  if (problems.length > before && counted.failed === 0) totals.failed += 1;
  if (strict && counted.skipped > 0) {
    problems.push(`${name}: ${counted.skipped} skipped, which CI=true makes a failure`);
  }
}

function readTotals(file) {
  const none = { passed: 0, failed: 0, skipped: 0, failures: [] };
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') console.log('*** mocha did not come to its end: nothing counted');
    else throw error;
    return none;
  }
}

async function plain(...args) {
  if (!(await stage(...args))) totals.failed += 1;
}

async function everything() {
  await plain('build', 'npm', ['run', '--silent', 'build'], 3);
  // The tests leave half of two processors idle.
  const lint = plain('lint', 'npm', ['run', '--silent', 'lint'], 8, { quiet: true });
  await tests(
    'unit and contract tests',
    [
      'node_modules/c8/bin/c8.js',
      process.execPath,
      mocha,
      'test/unit/**/*.test.ts',
      'test/contract/**/*.test.ts',
    ],
    15,
  );
  await lint;
  await plain('coverage limits', process.execPath, ['scripts/coverage-limits.mjs'], 1);
}

async function system() {
  await plain('provision', process.execPath, [...typescript, 'test/provision/main.ts'], 8);
  const config = ['--config', 'test/system/.mocharc.yml', 'test/system/**/*.test.ts'];
  await tests('system tests', [mocha, ...config], 25);
}

if (await install()) {
  if (process.argv[2] !== 'system') await everything();
  await system();
} else {
  totals.failed += 1;
  problems.push('install: npm ci failed');
}
rmSync(scratch, { recursive: true, force: true });
// Said again at the end, for who has only the end of the log.
for (const { title, file, error } of failures) {
  console.log(`\n*** failed: ${title}\n    ${relative(projectDir, file)}\n${error}`);
}
for (const problem of problems) console.log(`*** ${problem}`);
process.exitCode = problems.length === 0 && totals.failed === 0 ? 0 : 1;
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
