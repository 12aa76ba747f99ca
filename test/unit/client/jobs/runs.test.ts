import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../../client/src/clock.ts';
import { hostOf } from '../../../../client/src/process/host.ts';
import { makeJobFiles } from '../../../../client/src/job-file.ts';
import { runState } from '../../../../client/src/process/run-state.ts';
import { readResult } from '../../../../client/src/jobs/run-result.ts';
import {
  makeRuns,
  RUN_LIMIT_MS,
  TIMEOUT_SLACK_MS,
  type CommittedRun,
} from '../../../../client/src/jobs/runs.ts';
import { makeSpool } from '../../../../client/src/jobs/spool.ts';
import { findDescendants } from '../../../helpers/descendants.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';
import { until } from '../../../helpers/until.ts';

const jobId = 'a'.repeat(32);
const order = { jobId, command: 'c', capture: true };

for (const [name, has] of Object.entries({ sh: true, Node: false })) {
  const host = hostOf('linux', () => has);
  /** What does not depend on the keeper. */
  const shOnly: (title: string, test: () => Promise<void>) => void = has ? it : () => undefined;
  describe(`runs, with a keeper in ${name}`, function () {
    // A Node that strips types takes its time on a busy machine.
    this.timeout(30_000);
    let home: string;
    let remove: () => Promise<void>;
    let end: AbortController;
    /** Timers of 24 hours: called by the test. */
    let limits: { ms: number; fire: () => void; isCancelled: boolean }[];
    const said: string[] = [];
    const log = {
      warn: (_f: object, m: string) => said.push(m),
      error: (_f: object, m: string) => said.push(m),
    };
    beforeEach(async () => {
      [home, remove] = await makeTempDir();
      end = new AbortController();
      limits = [];
      said.length = 0;
    });
    afterEach(async () => {
      end.abort();
      await remove();
    });

    /** What one life of an agent has. */
    async function life(outside: readonly string[] = []) {
      const spool = makeSpool(join(home, 'spool'), process.getuid?.(), log);
      const records = await spool.open();
      const runs = makeRuns({
        host,
        spool,
        files: makeJobFiles(join(home, 'files'), process.getuid?.(), log),
        environment: (_order, _plan, file) => ({
          PATH: process.env['PATH'] ?? '',
          FILE: file ?? '',
        }),
        room: () => 1000,
        incarnationId: () => 'one',
        bootId: () => 'boot',
        outside: () => outside,
        clock: {
          elapsed: () => systemClock.elapsed(),
          after: (ms, fire) => {
            if (ms < 3_600_000) return systemClock.after(ms, fire);
            const limit = { ms, fire, isCancelled: false };
            limits.push(limit);
            return () => {
              limit.isCancelled = true;
            };
          },
        },
        log,
        signal: end.signal,
      });
      return { spool, runs, records };
    }
    const kind = async () => (await runState(join(home, 'spool', jobId))).kind;
    const settings = { capture: true, isRebooted: false, limit: 1000 };
    /** Kills a keeper, or with `-1` its group, as soon as a file is there. */
    async function killWhen(file: string, dir: string, sign: 1 | -1 = 1) {
      const names = () => readdir(dir);
      await until(file, names, (found) => (found.includes(file) ? true : undefined));
      process.kill(sign * parseInt(await readFile(join(dir, 'supervisor'), 'utf8')), 'SIGKILL');
    }
    function held(made: { ok: true; run: CommittedRun } | { ok: false; reason: string }) {
      assert.ok(made.ok, JSON.stringify(made));
      return made.run;
    }

    it('are written down when they are committed, when they are ordered, and when they are over', async () => {
      const { runs, spool } = await life();
      const plan = { commandLine: 'cat "$FILE"', file: Buffer.from('hello') };
      const run = held(await runs.commit(order, plan));
      assert.equal(await kind(), 'committed');
      const file = (await spool.find(jobId))?.file ?? '';
      assert.equal(await readFile(file, 'utf8'), 'hello');
      const started = await run.start();
      await started.over;
      assert.equal(await kind(), 'ended');
      assert.equal(await readFile(join(home, 'spool', jobId, 'stdout.0'), 'utf8'), 'hello');
      assert.deepEqual(await readdir(join(home, 'files')), []);
      assert.equal(limits[0]?.isCancelled, true);
    });

    /** What was made ready for the next run: its directory, and the keeper in it. */
    const ready = join('spool', '.next');
    const waiting = () =>
      findDescendants(process.pid).filter(({ pid }) =>
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(home, ready, 'keeper')),
      );
    async function lifeAhead() {
      const { runs } = await life();
      runs.prepare();
      const names = () => readdir(join(home, ready));
      await until('a keeper', names, (found) => (found.includes('err') ? true : undefined));
      return runs;
    }

    shOnly('take what was made ready for them', async () => {
      const runs = await lifeAhead();
      const [keeper] = waiting();
      const run = held(await runs.commit(order, { commandLine: 'echo hello; echo no >&2' }));
      assert.deepEqual(await readdir(join(home, 'spool')), [jobId]);
      await (
        await run.start()
      ).over;
      const dir = join(home, 'spool', jobId);
      assert.equal(parseInt(await readFile(join(dir, 'supervisor'), 'utf8')), keeper?.pid);
      const { outcome, output } = readResult(dir, settings);
      assert.deepEqual([outcome, output], ['succeeded', { stdout: 'hello\n', stderr: 'no\n' }]);
    });

    shOnly('do without what was made ready and somebody has spoiled', async () => {
      for (const spoil of [
        () => rm(join(home, ready), { recursive: true }),
        () => rm(join(home, ready, 'open')),
        () => Promise.resolve(waiting().map(({ pid }) => process.kill(pid, 'SIGKILL'))),
      ]) {
        const runs = await lifeAhead();
        await spoil();
        const run = held(await runs.commit(order, { commandLine: 'echo hello' }));
        await (
          await run.start()
        ).over;
        const { output } = readResult(join(home, 'spool', jobId), settings);
        assert.equal(output?.stdout, 'hello\n');
        await rm(join(home, 'spool', jobId), { recursive: true });
        await until('its end', waiting, (found) => (found.length === 0 ? true : undefined));
      }
    });

    shOnly('leave no keeper that waits when the agent ends', async () => {
      await lifeAhead();
      assert.equal(waiting().length, 1);
      end.abort();
      await until('its end', waiting, (found) => (found.length === 0 ? true : undefined));
      assert.deepEqual((await life()).records, []);
      assert.deepEqual(await readdir(join(home, 'spool')), []);
    });

    shOnly('are not made ready where each has a scope of its own', async () => {
      const { runs } = await life(['env']);
      runs.prepare();
      assert.deepEqual(await readdir(join(home, 'spool')), []);
    });

    shOnly('leave nothing behind when they are dropped', async () => {
      const { runs } = await life();
      const run = held(await runs.commit(order, { commandLine: 'true', file: Buffer.from('x') }));
      await run.discard();
      for (const dir of ['spool', 'files']) assert.deepEqual(await readdir(join(home, dir)), []);
    });

    shOnly('leave nothing behind when they cannot be held, and say why', async () => {
      const { runs } = await life();
      const plan = { commandLine: 'true', file: Buffer.from('x'), lock: '/proc/no/lock' };
      const made = await runs.commit(order, plan);
      assert.match(made.ok ? '' : made.reason, /cannot take the lock/);
      for (const dir of ['spool', 'files']) assert.deepEqual(await readdir(join(home, dir)), []);
      await writeFile(join(home, 'files', 'x'), '');
      const bad = await runs.commit({ ...order, jobId: '..' }, plan);
      assert.match(bad.ok ? '' : bad.reason, /the job cannot be written down: its id is no name/);
      assert.deepEqual(await readdir(join(home, 'files')), ['x']);
    });

    it('J8 are ended after 24 hours, over the lives of agents, and say so', async () => {
      const first = await life();
      await held(await first.runs.commit(order, { commandLine: 'sleep 100' })).start();
      assert.equal(limits[0]?.ms, RUN_LIMIT_MS);
      await until('the run', kind, (found) => (found === 'running' ? true : undefined));
      const { runs, spool, records } = await life();
      const [record] = records;
      assert.ok(record !== undefined);
      const adopted = runs.adopt(record, 3_600_000);
      assert.equal(limits[1]?.ms, RUN_LIMIT_MS - 3_600_000);
      limits[1].fire();
      await adopted.over;
      assert.equal(
        await readFile(join(spool.pathOf(jobId), 'why'), 'utf8'),
        'ended by the agent after 86400 s',
      );
      assert.equal(await kind(), 'ended');
    });

    it('J8 are ended a little after the time that the server told, over the lives of agents, and say whose end it was', async () => {
      const first = await life();
      const timed = { ...order, runTimeout: 7200 };
      const run = await held(await first.runs.commit(timed, { commandLine: 'sleep 100' })).start();
      assert.equal(limits[0]?.ms, 7_200_000 + TIMEOUT_SLACK_MS);
      await until('the run', kind, (found) => (found === 'running' ? true : undefined));
      const { runs, spool, records } = await life();
      const [record] = records;
      assert.ok(record !== undefined);
      const adopted = runs.adopt(record, 1_000_000);
      assert.equal(limits[1]?.ms, 6_200_000 + TIMEOUT_SLACK_MS);
      limits[1].fire();
      await adopted.over;
      assert.deepEqual([adopted.isTimedOut(), run.isTimedOut()], [true, false]);
      assert.equal(
        await readFile(join(spool.pathOf(jobId), 'why'), 'utf8'),
        'ended by the agent: the 7200 s that its job allows were over',
      );
      const endless = { ...order, jobId: 'b'.repeat(32), runTimeout: 1e9 };
      await held(await runs.commit(endless, { commandLine: 'true' })).start();
      assert.equal(limits[2]?.ms, RUN_LIMIT_MS);
    });

    shOnly('that cannot be written down as ordered are never started', async () => {
      const { runs, spool } = await life();
      const run = held(await runs.commit(order, { commandLine: `touch ${home}/ran` }));
      // As a disk would that cannot be written to.
      await rm(join(spool.pathOf(jobId), 'committed'));
      await assert.rejects(run.start(), /ENOENT/);
      assert.equal(await kind(), 'ended');
      assert.equal((await readdir(home)).includes('ran'), false);
      assert.match(
        await readFile(join(spool.pathOf(jobId), 'why'), 'utf8'),
        /could not be started/,
      );
    });

    shOnly(
      'are started outside of the unit of the agent, or inside with a warning where that fails',
      async () => {
        const { runs } = await life(['env']);
        await (
          await held(await runs.commit(order, { commandLine: 'true' })).start()
        ).over;
        const no = await life([join(home, 'no-such-program')]);
        const other = { ...order, jobId: 'b'.repeat(32) };
        await (
          await held(await no.runs.commit(other, { commandLine: 'true' })).start()
        ).over;
        assert.deepEqual(said, ['a run will end together with the unit of the agent']);
      },
    );

    shOnly('whose keeper alone is killed are watched to their end, and known by it', async () => {
      const { runs, spool } = await life();
      const plan = { commandLine: 'echo a; until [ -e go ]; do sleep 0.05; done' };
      const run = await held(await runs.commit({ ...order, dir: home }, plan)).start();
      const dir = spool.pathOf(jobId);
      await killWhen('leader', dir);
      assert.equal(await kind(), 'running');
      await writeFile(join(home, 'go'), '');
      await run.over;
      assert.deepEqual(readResult(dir, settings), {
        outcome: 'succeeded',
        output: { stdout: 'a\n', stderr: '' },
      });
    });
    shOnly('whose keeper and its guard are killed say that nobody knows their end', async () => {
      const { runs, spool } = await life();
      const run = await held(await runs.commit(order, { commandLine: 'exec sleep 100' })).start();
      const dir = spool.pathOf(jobId);
      await killWhen('leader', dir, -1);
      await run.kill();
      await run.over;
      const { outcome, output } = readResult(dir, settings);
      assert.equal(outcome, 'failed');
      assert.equal(
        output?.stderr,
        'pushy-client: the keeper of the run was killed: nobody knows how it ended\n',
      );
    });

    it('whose keeper is killed before it begins are not started, and say so', async () => {
      const { runs, spool } = await life();
      const run = held(await runs.commit(order, { commandLine: `touch ${home}/ran` }));
      const dir = spool.pathOf(jobId);
      const pids = execFileSync('pgrep', ['-f', dir], { encoding: 'utf8' });
      process.kill(parseInt(pids), 'SIGKILL');
      const started = await run.start();
      await started.over;
      assert.match(
        readResult(dir, settings).output?.stderr ?? '',
        /the run was not started: its keeper was killed before it could be/,
      );
      assert.ok(!(await readdir(home)).includes('ran'));
    });

    it('A5 are killed and forgotten with all that they left', async () => {
      const { runs } = await life();
      const plan = { commandLine: 'sleep 100', file: Buffer.from('x') };
      const started = await held(await runs.commit(order, plan)).start();
      assert.equal(await started.kill(), true);
      await started.discard();
      for (const dir of ['spool', 'files']) assert.deepEqual(await readdir(join(home, dir)), []);
      assert.deepEqual(said, []);
    });
  });
}
