import assert from 'node:assert/strict';
import { adoptRuns } from '../../../../client/src/jobs/adopt.ts';
import type { JobCheck } from '../../../../client/src/jobs/job-check.ts';
import type { RunState } from '../../../../client/src/process/run-state.ts';
import type { Committed, CommittedRun, StartedRun } from '../../../../client/src/jobs/runs.ts';
import type { RunRecord } from '../../../../client/src/jobs/spool.ts';

const record = (jobId = 'a', more: Partial<RunRecord> = {}): RunRecord => ({
  jobId,
  incarnationId: 'one',
  bootId: 'now',
  command: 'c',
  commandLine: 'echo',
  capture: true,
  ...more,
});

/** Adopts from a world in which the states of a run follow one another; the last one stays. */
async function adopt(
  records: readonly RunRecord[],
  states: readonly (RunState['kind'] | 'broken')[],
  world: { check?: JobCheck; resume?: Committed } = {},
) {
  const did: string[] = [];
  let looks = 0;
  const started: StartedRun = {
    over: new Promise(() => undefined),
    isTimedOut: () => false,
    kill: () => Promise.resolve(true),
    discard: () => Promise.resolve(),
  };
  const run: CommittedRun = {
    start: () => {
      did.push('start');
      return Promise.resolve(started);
    },
    discard: () => {
      did.push('discard');
      return Promise.resolve();
    },
    leave: () => undefined,
  };
  const note = (what: string) => (about: RunRecord) => {
    did.push(`${what} ${about.jobId}`);
    return Promise.resolve();
  };
  await adoptRuns(records, {
    bootId: 'now',
    runs: {
      resume: () => {
        did.push('resume');
        return Promise.resolve(world.resume ?? { ok: true, run });
      },
      adopt: (about, sinceMs) => {
        did.push(`adopt ${about.jobId} after ${sinceMs}`);
        return started;
      },
      giveUp: (jobId, why) => {
        did.push(`give up ${jobId}: ${why}`);
        return Promise.resolve();
      },
      forget: note('forget'),
    },
    stateOf: () => {
      const kind = states[Math.min(looks++, states.length - 1)];
      if (kind === 'broken') return Promise.reject(new Error('EIO'));
      return Promise.resolve({ kind } as RunState);
    },
    ageOf: () => Promise.resolve(5),
    check: () => Promise.resolve(world.check ?? { ok: true, plan: { commandLine: 'echo' } }),
    take: (about, order, { kind }) => did.push(`take ${about.jobId} ${order.command} ${kind}`),
    report: note('report'),
    pause: () => {
      did.push('pause');
      return Promise.resolve();
    },
    log: {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: () => undefined,
    },
  });
  return did;
}

describe('what an agent takes up from the one before it (Decision 4)', () => {
  it('is a job that was committed: it is held again', async () => {
    assert.deepEqual(await adopt([record()], ['committed']), ['resume', 'take a c committed']);
  });
  it('is a job that was ordered and not started: it is started', async () => {
    assert.deepEqual(await adopt([record()], ['ordered']), ['resume', 'start', 'take a c running']);
  });
  it('is a run that goes on', async () => {
    assert.deepEqual(await adopt([record()], ['running']), ['adopt a after 5', 'take a c running']);
  });
  it('is the result of one that has ended', async () => {
    assert.deepEqual(await adopt([record()], ['ended']), ['report a']);
  });
  it('is the loss of one that was killed with its agent, once that is sure', async () => {
    assert.deepEqual(await adopt([record()], ['lost', 'lost']), ['pause', 'report a']);
    assert.deepEqual(await adopt([record()], ['lost', 'running']), [
      'pause',
      'adopt a after 5',
      'take a c running',
    ]);
  });
  it('is a run that its keeper starts just now', async () => {
    const held = { ok: false, reason: 'the lock is held' } as const;
    assert.deepEqual(await adopt([record()], ['ordered', 'running'], { resume: held }), [
      'resume',
      'pause',
      'adopt a after 5',
      'take a c running',
    ]);
  });
  it('is not what cannot be held any more: a committed job is forgotten, an ordered one reported', async () => {
    const held = { ok: false, reason: 'the lock is held' } as const;
    const committed = await adopt([record()], ['committed'], { resume: held });
    assert.equal(committed.filter((what) => what === 'pause').length, 20);
    assert.equal(committed.at(-1), 'forget a');
    const [gaveUp, reported] = (await adopt([record()], ['ordered'], { resume: held })).slice(-2);
    assert.match(gaveUp ?? '', /^give up a: .*: the lock is held$/);
    assert.equal(reported, 'report a');
  });
  it('is not what the whitelist refuses meanwhile, or means otherwise', async () => {
    const refused: JobCheck = { ok: false, reason: 'not in the whitelist' };
    const other: JobCheck = { ok: true, plan: { commandLine: 'echo other' } };
    for (const check of [refused, other]) {
      const did = await adopt([record()], ['committed'], { check });
      assert.deepEqual(did, ['forget a']);
    }
  });
  it('is nothing that lives, after a reboot: runs are reported, committed jobs forgotten', async () => {
    const old = record('a', { bootId: 'before' });
    assert.deepEqual(await adopt([old], ['running']), ['report a']);
    assert.deepEqual(await adopt([old], ['ordered']), ['report a']);
    assert.deepEqual(await adopt([old], ['ended']), ['report a']);
    assert.deepEqual(await adopt([old], ['committed']), ['forget a']);
  });
  it('is the failure of an ordered job that cannot be started', async () => {
    const run: CommittedRun = {
      start: () => Promise.reject(new Error('EIO')),
      discard: () => Promise.resolve(),
      leave: () => undefined,
    };
    const did = await adopt([record()], ['ordered'], { resume: { ok: true, run } });
    assert.deepEqual(did, ['resume', 'report a']);
  });
  it('is not what cannot be looked at, which stops nothing else', async () => {
    assert.deepEqual(await adopt([record('a'), record('b')], ['broken', 'ended']), ['report b']);
  });
  it('is one job at hand; the results of all', async () => {
    assert.deepEqual(await adopt([record('a'), record('b')], ['ended', 'running']), [
      'report a',
      'adopt b after 5',
      'take b c running',
    ]);
    assert.deepEqual(await adopt([record('a'), record('b')], ['running', 'committed']), [
      'adopt a after 5',
      'take a c running',
      'resume',
      'discard',
    ]);
  });
});
