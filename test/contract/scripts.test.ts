import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findByEnvironment } from '../helpers/descendants.ts';
import { run } from '../helpers/run.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('A stage of npm test', () => {
  const stage = async (
    command: string,
    timeoutMs: number,
  ): Promise<{ ok: boolean; problem?: string }> =>
    JSON.parse((await said(command, { timeoutMs })).at(-1) ?? '') as { ok: boolean };
  const said = async (command: string, options: object): Promise<string[]> => {
    const call = `runStage('it', 'bash', ['-c', ${JSON.stringify(command)}], ${JSON.stringify(options)})`;
    const script = `const { runStage } = await import(${JSON.stringify(`${root}scripts/stage.mjs`)});
      console.log('\\n' + JSON.stringify(await ${call}));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
      timeoutMs: 9000,
    });
    return stdout.trimEnd().split('\n');
  };
  const marked = (): unknown[] => findByEnvironment('STAGE_TEST', String(process.pid));

  it('is fine when its command is', async () => {
    assert.deepEqual(await stage('true', 5000), { ok: true });
  });

  it('fails with its exit code', async () => {
    assert.deepEqual(await stage('exit 3', 5000), {
      ok: false,
      problem: 'it ended with exit code 3',
    });
  });

  it('says all at its end where it is a quiet one', async () => {
    const lines = await said('{ echo one; echo two; } >&2; exit 3', {
      timeoutMs: 5000,
      quiet: true,
    });
    assert.deepEqual(lines.slice(1), [
      '=== it',
      'one',
      'two',
      '',
      '=== *** it FAILED: it ended with exit code 3',
      '',
      '{"ok":false,"problem":"it ended with exit code 3"}',
    ]);
  });

  it('fails at its deadline and ends what it started', async () => {
    const { ok, problem } = await stage(
      `export STAGE_TEST=${process.pid}; setsid sleep 1000 & sleep 1000`,
      300,
    );
    assert.equal(ok, false);
    assert.equal(problem, 'it did not end within 0.3 s');
    assert.deepEqual(marked(), []);
  });

  it('fails when it leaves a process behind, and ends that', async () => {
    const { ok, problem } = await stage(
      `export STAGE_TEST=${process.pid}; setsid sleep 1000 > /dev/null 2>&1 & exit 0`,
      5000,
    );
    assert.equal(ok, false);
    assert.match(problem ?? '', /^it left processes behind: \d+ \(.+\)$/);
    assert.deepEqual(marked(), []);
  });
});

describe('The coverage limits', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'pushy-limits-'));
  });
  after(async () => {
    await rm(dir, { recursive: true });
  });

  /** A report of one file, with these hits a line, branch and function. */
  const limits = async (
    file: string,
    hits: { lines: number[]; branches: number[]; functions: number[] },
  ): Promise<{ code: number | null; stdout: string }> => {
    const at = (i: number): object => ({ start: { line: i + 1 }, end: { line: i + 1 } });
    const numbered = <T>(list: readonly T[]): Record<string, T> =>
      Object.fromEntries(list.map((value, i) => [String(i), value]));
    const report = join(dir, 'report.json');
    const entry = {
      path: join(root, file),
      statementMap: numbered(hits.lines.map((_, i) => at(i))),
      s: numbered(hits.lines),
      branchMap: numbered(hits.branches.map((_, i) => ({ locations: [at(i)] }))),
      b: numbered(hits.branches.map((n) => [n])),
      fnMap: numbered(hits.functions.map((_, i) => ({ loc: at(i) }))),
      f: numbered(hits.functions),
    };
    await writeFile(report, JSON.stringify({ [entry.path]: entry }));
    return run(process.execPath, [join(root, 'scripts/coverage-limits.mjs'), report], {
      timeoutMs: 9000,
    });
  };

  it('want everything of a pure room', async () => {
    const whole = { lines: [1, 1], branches: [1], functions: [1] };
    assert.equal((await limits('protocol/src/statuses.ts', whole)).code, 0);
    const { code, stdout } = await limits('protocol/src/statuses.ts', {
      ...whole,
      branches: [1, 0],
    });
    assert.equal(code, 1);
    assert.match(stdout, /branches below 100 %\n {6}protocol\/src\/statuses\.ts: branches at 2/);
  });

  it('want nine lines of ten elsewhere', async () => {
    const nine = [1, 1, 1, 1, 1, 1, 1, 1, 1, 0];
    const rest = { branches: [0], functions: [0] };
    assert.equal((await limits('client/src/loops/x.ts', { lines: nine, ...rest })).code, 0);
    const { code, stdout } = await limits('client/src/loops/x.ts', {
      lines: [...nine, 0],
      ...rest,
    });
    assert.equal(code, 1);
    assert.match(stdout, /\*\*\* client\/src\/loops: lines 81\.8 %/);
  });

  it('leave out main.ts and files of nothing but types', async () => {
    const none = { lines: [0], branches: [0], functions: [0] };
    for (const file of ['client/src/main.ts', 'server/src/dispatcher/bus.ts']) {
      const { code, stdout } = await limits(file, none);
      assert.equal(code, 1);
      assert.match(stdout, /names no file of the project/);
    }
  });
});
