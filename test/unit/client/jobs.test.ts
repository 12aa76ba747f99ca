import assert from 'node:assert/strict';
import type { Answer, JobOrder } from '../../../client/src/core/runner.ts';
import type { JobCheck } from '../../../client/src/job-check.ts';
import { makeJobs } from '../../../client/src/jobs.ts';
import type { Exit } from '../../../client/src/process/spawn.ts';
import { turn } from '../../helpers/fake-clock.ts';

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

const order = (jobId: string): JobOrder => ({ jobId, command: 'c', capture: true });
const exitOf = (code: number): Exit => ({
  code,
  signal: undefined,
  trouble: undefined,
  captured: undefined,
});

/** The host with a world whose every step the test takes. */
function start() {
  const checks: { jobId: string; done: ReturnType<typeof deferred<JobCheck>> }[] = [];
  const stored = deferred<{ path: string; remove: () => Promise<void> }>();
  const runs: {
    exit: ReturnType<typeof deferred<Exit>>;
    killed: ReturnType<typeof deferred<boolean>>;
  }[] = [];
  const answers: Answer[] = [];
  const released: string[] = [];
  const idle: number[] = [];
  const errors: string[] = [];
  const quiet = () => undefined;
  const jobs = makeJobs({
    check: ({ jobId }) => {
      const done = deferred<JobCheck>();
      checks.push({ jobId, done });
      return done.promise;
    },
    storeFile: () => stored.promise,
    environment: () => ({}),
    start: () => {
      const run = { exit: deferred<Exit>(), killed: deferred<boolean>() };
      runs.push(run);
      return { exit: run.exit.promise, kill: () => run.killed.promise };
    },
    outputLimit: () => 1000,
    answer: (answer) => answers.push(answer),
    log: {
      debug: quiet,
      info: quiet,
      warn: (_f, m) => errors.push(m),
      error: (_f, m) => errors.push(m),
    },
  });
  jobs.onIdle(() => idle.push(1));
  const lock = (name: string) => ({
    release: () => {
      released.push(name);
      return Promise.resolve();
    },
  });
  const said = (): string[] => answers.map((a) => `${a.type} ${a.jobId ?? 'null'}`);
  return { jobs, checks, stored, runs, answers, said, released, idle, errors, lock };
}

describe('jobs', () => {
  it('gives a lock back that a check took after the job was aborted, before the next check begins', async () => {
    const { jobs, checks, said, released, lock } = start();
    jobs.dispatch({ kind: 'commit', order: order('a') });
    await turn();
    jobs.dispatch({ kind: 'abort' });
    jobs.dispatch({ kind: 'commit', order: order('b') });
    await turn();
    assert.deepEqual(
      checks.map((c) => c.jobId),
      ['a'],
    );
    checks[0]?.done.resolve({ ok: true, plan: { commandLine: 'x', lock: lock('a') } });
    await turn();
    assert.deepEqual(released, ['a']);
    assert.deepEqual(
      checks.map((c) => c.jobId),
      ['a', 'b'],
    );
    assert.deepEqual(said(), ['aborted a']);
  });

  it('refuses a commit whose check breaks, with the reason', async () => {
    const { jobs, checks, answers, idle } = start();
    jobs.dispatch({ kind: 'commit', order: order('a') });
    await turn();
    checks[0]?.done.reject(new Error('getent is broken'));
    await turn();
    assert.deepEqual(answers, [
      { type: 'nack_commit', jobId: 'a', reason: 'the check failed: getent is broken' },
    ]);
    assert.equal(idle.length, 1);
  });

  it('starts nothing when the abort comes while the file is still written', async () => {
    const { jobs, checks, stored, runs, said, released, lock } = start();
    jobs.dispatch({ kind: 'commit', order: order('a') });
    await turn();
    const plan = { commandLine: 'x', file: Buffer.from('f'), lock: lock('a') };
    checks[0]?.done.resolve({ ok: true, plan });
    await turn();
    jobs.dispatch({ kind: 'run', jobId: 'a' });
    jobs.dispatch({ kind: 'abort' });
    await turn();
    assert.deepEqual(said(), ['ack_commit a', 'ack_run a']);
    stored.resolve({
      path: '/f',
      remove: () => {
        released.push('file');
        return Promise.resolve();
      },
    });
    await turn();
    assert.equal(runs.length, 0);
    assert.deepEqual(said(), ['ack_commit a', 'ack_run a', 'aborted a']);
    assert.deepEqual(released, ['a', 'file']);
  });

  it('reports a run whose file cannot be written as failed, and says why', async () => {
    const { jobs, checks, stored, answers } = start();
    jobs.dispatch({ kind: 'commit', order: order('a') });
    await turn();
    checks[0]?.done.resolve({ ok: true, plan: { commandLine: 'x', file: Buffer.from('f') } });
    await turn();
    jobs.dispatch({ kind: 'run', jobId: 'a' });
    stored.reject(new Error('no space left'));
    await turn();
    assert.deepEqual(answers.at(-1), {
      type: 'failed',
      jobId: 'a',
      output: { stdout: '', stderr: 'pushy-client: no space left\n' },
    });
  });

  it('A5 answers aborted when the group is gone, not when the shell is; says so when it cannot be killed', async () => {
    const { jobs, checks, runs, said, errors } = start();
    jobs.dispatch({ kind: 'commit', order: order('a') });
    await turn();
    checks[0]?.done.resolve({ ok: true, plan: { commandLine: 'x' } });
    await turn();
    jobs.dispatch({ kind: 'run', jobId: 'a' });
    await turn();
    jobs.dispatch({ kind: 'abort' });
    runs[0]?.exit.resolve(exitOf(0));
    await turn();
    assert.deepEqual(said(), ['ack_commit a', 'ack_run a']);
    assert.equal(jobs.wire().jobState, 'running');
    runs[0]?.killed.resolve(false);
    await turn();
    assert.deepEqual(said(), ['ack_commit a', 'ack_run a', 'aborted a']);
    assert.deepEqual(errors, ['processes of a stopped run cannot be killed']);
    assert.equal(jobs.isActive(), false);
  });

  it('goes on when a file cannot be removed', async () => {
    const { jobs, checks, stored, runs, said, errors } = start();
    jobs.dispatch({ kind: 'commit', order: order('a') });
    await turn();
    checks[0]?.done.resolve({ ok: true, plan: { commandLine: 'x', file: Buffer.from('f') } });
    stored.resolve({ path: '/f', remove: () => Promise.reject(new Error('busy')) });
    await turn();
    jobs.dispatch({ kind: 'run', jobId: 'a' });
    await turn();
    runs[0]?.exit.resolve(exitOf(1));
    await turn();
    assert.deepEqual(said().at(-1), 'failed a');
    assert.deepEqual(errors, ['the file of a job cannot be removed']);
    jobs.dispatch({ kind: 'commit', order: order('b') });
    await turn();
    assert.equal(checks.length, 2);
  });
});
