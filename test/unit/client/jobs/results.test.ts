import assert from 'node:assert/strict';
import type { Draft } from '../../../../client/src/link/outbox.ts';
import { makeResults } from '../../../../client/src/jobs/results.ts';
import type { RunResult } from '../../../../client/src/jobs/run-result.ts';
import { turn } from '../../../helpers/fake-clock.ts';

function start() {
  const posted: Draft[] = [];
  const removed: string[] = [];
  const said: string[] = [];
  const world = { failure: undefined as Error | undefined, isGone: false };
  const say = (_fields: object, message: string) => said.push(message);
  const results = makeResults({
    read: (jobId): Promise<RunResult | undefined> =>
      world.isGone
        ? Promise.resolve(undefined)
        : world.failure === undefined
          ? Promise.resolve({ outcome: 'failed', output: { stdout: jobId, stderr: '' } })
          : Promise.reject(world.failure),
    post: (draft) => posted.push(draft),
    remove: (jobId) => {
      removed.push(jobId);
      return world.failure === undefined ? Promise.resolve() : Promise.reject(world.failure);
    },
    log: { debug: () => undefined, info: say, warn: say, error: say },
  });
  const jobs = (): unknown[] => posted.map(({ members }) => members['job_id']);
  return { results, posted, removed, said, world, jobs };
}

describe('results (Decision 5)', () => {
  it('wait for a configuration, and have the members of REFERENCE 15.6', async () => {
    const { results, posted } = start();
    results.add('a');
    await turn();
    assert.deepEqual(posted, []);
    results.open(true);
    await turn();
    assert.deepEqual(
      posted.map(({ type, members, key }) => [type, JSON.stringify(members), key]),
      [['failed', '{"job_id":"a","stdout":"a","stderr":""}', 'result a']],
    );
  });

  it('are kept, and named, until they are acknowledged', async () => {
    const { results, posted, removed } = start();
    results.open(true);
    results.add('a');
    results.add('b');
    await turn();
    for (const { onSent } of posted) onSent?.();
    assert.deepEqual([removed, results.oldest()], [[], 'a']);
    results.acknowledged('a');
    results.acknowledged('a');
    results.acknowledged('unknown');
    assert.deepEqual([removed, results.oldest()], [['a'], 'b']);
    results.acknowledged('b');
    assert.equal(results.oldest(), undefined);
  });

  it('are gone once they are sent, to a server that does not acknowledge', async () => {
    const { results, posted, removed } = start();
    results.open(false);
    results.add('a');
    await turn();
    assert.deepEqual([removed, results.oldest()], [[], 'a']);
    posted[0]?.onSent?.();
    assert.deepEqual([removed, results.oldest()], [['a'], undefined]);
  });

  it('are sent again on a new connection', async () => {
    const { results, posted, jobs } = start();
    results.open(true);
    results.add('a');
    await turn();
    posted[0]?.onSent?.();
    results.connected();
    await turn();
    assert.deepEqual(jobs(), ['a', 'a']);
    results.acknowledged('a');
    results.connected();
    await turn();
    assert.deepEqual(jobs(), ['a', 'a']);
  });

  it('are sent again after five heartbeats on the same one, not while they are still on their way', async () => {
    const { results, posted, jobs } = start();
    results.open(true);
    results.add('a');
    await turn();
    for (let i = 0; i < 20; i++) results.beat();
    await turn();
    assert.deepEqual(jobs(), ['a']);
    posted[0]?.onSent?.();
    for (let i = 0; i < 4; i++) results.beat();
    await turn();
    assert.deepEqual(jobs(), ['a']);
    results.beat();
    await turn();
    assert.deepEqual(jobs(), ['a', 'a']);
  });

  it('that cannot be read are tried again, and said', async () => {
    const { results, said, world, jobs } = start();
    world.failure = new Error('EIO');
    results.open(true);
    results.add('a');
    await turn();
    assert.deepEqual([jobs(), said], [[], ['the result of a run cannot be read']]);
    world.failure = undefined;
    for (let i = 0; i < 5; i++) results.beat();
    await turn();
    assert.deepEqual(jobs(), ['a']);
  });

  it('that are lost with their spool are failed, for the server and this node wait for them', async () => {
    const { results, posted, said, world } = start();
    world.isGone = true;
    results.open(true);
    results.add('a');
    await turn();
    assert.deepEqual(
      posted.map(({ type, members }) => [type, members]),
      [['failed', { job_id: 'a' }]],
    );
    assert.deepEqual(said, ['what is known of a run is gone from the spool: reported as failed']);
    results.acknowledged('a');
    assert.equal(results.oldest(), undefined);
  });

  it('whose spool cannot be removed are said, and not sent again', async () => {
    const { results, said, world } = start();
    results.open(true);
    results.add('a');
    await turn();
    world.failure = new Error('EIO');
    results.acknowledged('a');
    await turn();
    assert.equal(said.at(-1), 'the spool of a run cannot be removed');
    assert.equal(results.oldest(), undefined);
  });

  it('are not posted when the acknowledgement comes while they are read', async () => {
    const { results, jobs } = start();
    results.open(true);
    results.add('a');
    results.acknowledged('a');
    await turn();
    assert.deepEqual(jobs(), []);
  });

  it('are bounded: with sixteen that wait there is no room for another job', () => {
    const { results } = start();
    for (let i = 0; i < 16; i++) {
      assert.equal(results.isFull(), false);
      results.add(String(i));
    }
    assert.equal(results.isFull(), true);
  });
});
