import assert from 'node:assert/strict';
import type { Answer, JobOrder, RunOutput } from '../../../../client/src/core/runner.ts';
import type { JobCheck } from '../../../../client/src/jobs/job-check.ts';
import { makeJobs } from '../../../../client/src/jobs/jobs.ts';
import type {
  Committed,
  CommittedRun,
  RunOver,
  StartedRun,
} from '../../../../client/src/jobs/runs.ts';
import { turn } from '../../../helpers/fake-clock.ts';

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
const plan = { commandLine: 'x' };
const end: RunOver = { isUnstarted: false, status: 0, seconds: 0 };

/** The host with a world whose every step the test takes. */
function start() {
  const checks: { jobId: string; done: ReturnType<typeof deferred<JobCheck>> }[] = [];
  const commits: ReturnType<typeof deferred<Committed>>[] = [];
  const answers: Answer[] = [];
  const reports: string[] = [];
  const did: string[] = [];
  const idle: number[] = [];
  const errors: string[] = [];
  const infos: object[] = [];
  const wrote = new Map<string, RunOutput>();
  const quiet = () => undefined;
  const jobs = makeJobs({
    check: ({ jobId }) => {
      const done = deferred<JobCheck>();
      checks.push({ jobId, done });
      return done.promise;
    },
    runs: {
      commit: () => {
        const done = deferred<Committed>();
        commits.push(done);
        return done.promise;
      },
    },
    outputOf: (jobId) => Promise.resolve(wrote.get(jobId)),
    answer: (answer) => answers.push(answer),
    report: (jobId) => reports.push(jobId),
    log: {
      debug: quiet,
      info: (fields, message) => infos.push({ ...fields, message }),
      warn: (_f, m) => errors.push(m),
      error: (_f, m) => errors.push(m),
    },
  });
  jobs.onIdle(() => idle.push(1));

  /** A run whose every step the test takes. */
  function makeRun(name: string) {
    const starting = deferred<StartedRun>();
    const over = deferred<RunOver>();
    const killed = deferred<boolean>();
    const note = (what: string) => () => {
      did.push(`${what} ${name}`);
      return Promise.resolve();
    };
    const time = { isUp: false };
    const started: StartedRun = {
      over: over.promise,
      isTimedOut: () => time.isUp,
      kill: () => {
        did.push(`kill ${name}`);
        return killed.promise;
      },
      discard: note('discard'),
    };
    const run: CommittedRun = {
      start: () => {
        did.push(`start ${name}`);
        return starting.promise;
      },
      discard: note('discard'),
      leave: () => did.push(`leave ${name}`),
    };
    return { starting, over, killed, started, run, time };
  }

  /** A job that is committed. */
  async function commit(jobId: string) {
    jobs.dispatch({ kind: 'commit', order: order(jobId) });
    await turn();
    checks.at(-1)?.done.resolve({ ok: true, plan });
    await turn();
    const made = makeRun(jobId);
    commits.at(-1)?.resolve({ ok: true, run: made.run });
    await turn();
    return made;
  }
  const said = (): string[] => answers.map((a) => `${a.type} ${a.jobId ?? 'null'}`);
  return {
    ...{ jobs, checks, commits, answers, said, reports, did, idle, errors, infos, wrote },
    makeRun,
    commit,
  };
}

describe('jobs', () => {
  it('gives back what a check took after the job was aborted, before the next check begins', async () => {
    const { jobs, checks, commits, said, did, makeRun } = start();
    jobs.dispatch({ kind: 'commit', order: order('a') });
    await turn();
    jobs.dispatch({ kind: 'abort' });
    jobs.dispatch({ kind: 'commit', order: order('b') });
    await turn();
    assert.equal(checks.length, 1);
    checks[0]?.done.resolve({ ok: true, plan });
    await turn();
    commits[0]?.resolve({ ok: true, run: makeRun('a').run });
    await turn();
    assert.deepEqual(did, ['discard a']);
    assert.deepEqual(
      checks.map((c) => c.jobId),
      ['a', 'b'],
    );
    assert.deepEqual(said(), ['aborted a']);
  });

  it('refuses a commit whose check breaks, and one that cannot be written down, with the reason', async () => {
    const { jobs, checks, commits, answers, idle } = start();
    for (const jobId of ['a', 'b']) {
      jobs.dispatch({ kind: 'commit', order: order(jobId) });
      await turn();
      if (jobId === 'a') checks[0]?.done.reject(new Error('getent is broken'));
      else checks[1]?.done.resolve({ ok: true, plan });
      await turn();
    }
    commits[0]?.resolve({ ok: false, reason: 'no space left' });
    await turn();
    assert.deepEqual(answers, [
      { type: 'nack_commit', jobId: 'a', reason: 'the check failed: getent is broken' },
      { type: 'nack_commit', jobId: 'b', reason: 'no space left' },
    ]);
    assert.equal(idle.length, 2);
  });

  it('acknowledges the order to run when that is written down, not before', async () => {
    const { jobs, said, reports, commit } = start();
    const { starting, started, over } = await commit('a');
    jobs.dispatch({ kind: 'run', jobId: 'a' });
    await turn();
    assert.deepEqual(said(), ['ack_commit a']);
    assert.equal(jobs.wire().jobState, 'committed');
    starting.resolve(started);
    await turn();
    assert.deepEqual(said(), ['ack_commit a', 'ack_run a']);
    assert.equal(jobs.wire().jobState, 'running');
    over.resolve(end);
    await turn();
    assert.deepEqual(reports, ['a']);
    assert.equal(jobs.isActive(), false);
  });

  it('reports a run that cannot be started', async () => {
    const { jobs, said, reports, errors, commit } = start();
    const { starting } = await commit('a');
    jobs.dispatch({ kind: 'run', jobId: 'a' });
    starting.reject(new Error('no space left'));
    await turn();
    assert.deepEqual(said(), ['ack_commit a', 'ack_run a']);
    assert.deepEqual([reports, errors], [['a'], ['run not started']]);
  });

  it('kills what has just been started when the abort comes meanwhile', async () => {
    const { jobs, said, did, commit } = start();
    const { starting, started, killed } = await commit('a');
    jobs.dispatch({ kind: 'run', jobId: 'a' });
    jobs.dispatch({ kind: 'abort' });
    await turn();
    assert.deepEqual(did, ['start a']);
    starting.resolve(started);
    killed.resolve(true);
    await turn();
    assert.deepEqual(did, ['start a', 'kill a', 'discard a']);
    assert.deepEqual(said(), ['ack_commit a', 'aborted a']);
  });

  it('A5 answers aborted when the group is gone, not when the shell is; says so when it cannot be killed', async () => {
    const { jobs, said, reports, errors, commit } = start();
    const { starting, started, over, killed } = await commit('a');
    jobs.dispatch({ kind: 'run', jobId: 'a' });
    starting.resolve(started);
    await turn();
    jobs.dispatch({ kind: 'abort' });
    over.resolve(end);
    await turn();
    assert.deepEqual(said(), ['ack_commit a', 'ack_run a']);
    assert.equal(jobs.wire().jobState, 'running');
    killed.resolve(false);
    await turn();
    assert.deepEqual(said(), ['ack_commit a', 'ack_run a', 'aborted a']);
    assert.deepEqual(errors, ['processes of a stopped run cannot be killed']);
    assert.deepEqual(reports, []);
  });

  it('says how a run ended, and how long it took; why one was not started', async () => {
    const ends: [RunOver, object | undefined][] = [
      [
        { ...end, seconds: 1.26 },
        { exitCode: 0, seconds: 1.3 },
      ],
      [
        { ...end, status: 143 },
        { exitCode: 143, signal: 'SIGTERM', seconds: 0 },
      ],
      [
        { isUnstarted: false, seconds: 1, why: 'lost' },
        { seconds: 1, why: 'lost' },
      ],
      [{ ...end, isUnstarted: true, why: 'no space' }, undefined],
    ];
    for (const [given, fields] of ends) {
      const { jobs, makeRun, infos, errors } = start();
      const run = makeRun('a');
      jobs.adopt(order('a'), { kind: 'running', run: run.started });
      run.over.resolve(given);
      await turn();
      const line = { jobId: 'a', ...fields, message: 'run ended' };
      assert.deepEqual(infos, fields === undefined ? [] : [line]);
      assert.deepEqual(errors, fields === undefined ? ['run not started'] : []);
    }
  });

  it('answers an abort with what the run wrote until then', async () => {
    const { jobs, answers, makeRun, wrote } = start();
    const run = makeRun('a');
    const output = { stdout: 'out', stderr: 'err' };
    wrote.set('a', output);
    jobs.adopt(order('a'), { kind: 'running', run: run.started });
    jobs.dispatch({ kind: 'abort' });
    run.killed.resolve(true);
    await turn();
    assert.deepEqual(answers, [{ type: 'aborted', jobId: 'a', output }]);
  });

  it('leaves it to the server to say that the time of a run was up, and is running until then', async () => {
    const { jobs, said, reports, errors, commit } = start();
    const { starting, started, over, killed, time } = await commit('a');
    jobs.dispatch({ kind: 'run', jobId: 'a' });
    starting.resolve(started);
    await turn();
    time.isUp = true;
    over.resolve(end);
    await turn();
    assert.deepEqual(errors, ['the time of the run was up and the server was not heard: ended']);
    assert.deepEqual([reports, jobs.wire()], [[], { jobState: 'running', jobId: 'a' }]);
    jobs.dispatch({ kind: 'abort' });
    killed.resolve(true);
    await turn();
    assert.deepEqual(said(), ['ack_commit a', 'ack_run a', 'aborted a']);
    assert.equal(jobs.isActive(), false);
  });

  it('adopts what an agent before it had at hand, and does with it what it would have done', async () => {
    const one = start();
    const run = one.makeRun('a');
    one.jobs.adopt(order('a'), { kind: 'running', run: run.started });
    assert.deepEqual(one.jobs.wire(), { jobState: 'running', jobId: 'a' });
    run.over.resolve(end);
    await turn();
    assert.deepEqual([one.reports, one.said()], [['a'], []]);

    const two = start();
    const waiting = two.makeRun('b');
    two.jobs.adopt(order('b'), { kind: 'committed', run: waiting.run });
    two.jobs.dispatch({ kind: 'run', jobId: 'b' });
    waiting.starting.resolve(waiting.started);
    await turn();
    assert.deepEqual(two.said(), ['ack_run b']);
    two.jobs.dispatch({ kind: 'abort' });
    waiting.killed.resolve(true);
    await turn();
    assert.deepEqual(two.said(), ['ack_run b', 'aborted b']);
  });

  it('leaves a committed job to the agent that comes after it, and one that runs alone', async () => {
    const { jobs, did, commit } = start();
    const { starting, started } = await commit('a');
    jobs.leave();
    assert.deepEqual(did, ['leave a']);
    jobs.dispatch({ kind: 'run', jobId: 'a' });
    starting.resolve(started);
    await turn();
    jobs.leave();
    assert.deepEqual(did, ['leave a', 'start a']);
  });
});
