import assert from 'node:assert/strict';
import {
  makeLiveJob,
  makeResumedJob,
  step,
  type JobEvent,
} from '../../../../server/src/core/job.ts';
import type { JobEffect } from '../../../../server/src/core/effects.ts';
import { liveJob, newJob, recount, report, resets, said, steps } from './job-fixtures.ts';

const START: JobEvent = { kind: 'start' };
const kinds = (effects: readonly JobEffect[]) => effects.map((effect) => effect.kind);
const of = <K extends JobEffect['kind']>(effects: readonly JobEffect[], kind: K) =>
  effects.filter((effect): effect is JobEffect & { kind: K } => effect.kind === kind);

describe('start of a job (REFERENCE 12, creation)', () => {
  it('12 emits start, asks every node to commit, arms the voting timer, in this order', () => {
    const live = makeLiveJob(newJob(['a', 'b']));
    const effects = step(live, START);
    assert.deepEqual(kinds(effects), ['emit', 'commit', 'arm']);
    assert.deepEqual(of(effects, 'commit'), [{ kind: 'commit', nodes: ['a', 'b'], wave: 0 }]);
    assert.deepEqual(of(effects, 'arm'), [{ kind: 'arm', timer: 'voting' }]);
    assert.equal(live.phase, 'voting');
  });

  it('12 starts once', () => {
    const live = makeLiveJob(newJob(['a']));
    step(live, START);
    assert.deepEqual(step(live, START), []);
  });

  it('9.1 start has the members of the job in their order, optional ones only when given', () => {
    const plain = of(step(makeLiveJob(newJob(['a'])), START), 'emit')[0]!.event.data;
    assert.equal(
      JSON.stringify(plain),
      '{"command":"chef-client","run_timeout":3600,"quorum":1,"node_count":1,"user":"ann","capture":false}',
    );
    const all = { user: 'daemon', dir: '/tmp', env: { A: 'b' }, file: 'raw:x', capture: true };
    const full = of(step(makeLiveJob(newJob(['a'], all)), START), 'emit')[0]!.event.data;
    assert.equal(
      JSON.stringify(full),
      '{"command":"chef-client","run_timeout":3600,"quorum":1,"node_count":1,"user":"ann",' +
        '"job_user":"daemon","dir":"/tmp","env":{"A":"b"},"file_specified":true,"capture":true}',
    );
  });

  it('12.1 a job without nodes runs nothing and is complete', () => {
    const live = makeLiveJob(newJob([], { quorum: 0 }));
    const effects = step(live, START);
    assert.deepEqual(said(effects), ['start', 'quorum_succeeded', 'job_complete(complete)']);
    assert.deepEqual(of(effects, 'run'), []);
  });
});

describe('end of the vote (REFERENCE 12.1)', () => {
  it('12.1 sends run to the ready nodes alone, saves the status, changes the timer', () => {
    const live = liveJob('voting', { a: 'ready', b: 'nacked', c: 'new' }, { quorum: 2 });
    const effects = step(live, report('ack_commit c'));
    assert.deepEqual(of(effects, 'run'), [{ kind: 'run', nodes: ['a', 'c'], wave: 0 }]);
    assert.deepEqual(of(effects, 'save_job'), [{ kind: 'save_job', status: 'running' }]);
    assert.deepEqual(of(effects, 'cancel'), [{ kind: 'cancel', timer: 'voting' }]);
    assert.deepEqual(of(effects, 'arm'), [{ kind: 'arm', timer: 'run' }]);
    assert.equal(live.phase, 'running');
  });

  it('J5 waits for every node though the quorum is reached, or out of reach', () => {
    const reached = liveJob('voting', { a: 'new', b: 'new' }, { quorum: 1 });
    assert.deepEqual(said(step(reached, report('ack_commit a'))), ['quorum_vote(a success)']);
    const lost = liveJob('voting', { a: 'new', b: 'new' });
    assert.deepEqual(said(step(lost, report('nack_commit a'))), ['quorum_vote(a failure)']);
    assert.equal(lost.phase, 'voting');
  });

  it('12.1 a failed quorum turns ready nodes into was_ready and resets them without a word', () => {
    const live = liveJob('voting', { a: 'ready', b: 'new' });
    const effects = step(live, report('nack_commit b'));
    assert.deepEqual(said(effects), ['quorum_vote(b failure)', 'job_complete(quorum_failed)']);
    assert.equal(live.nodes.get('a'), 'was_ready');
    assert.deepEqual(resets(effects), ['a']);
    assert.deepEqual(kinds(effects).slice(-2), ['save_job', 'finish']);
  });

  it('12.1 quorum 0 without a ready node is complete at once', () => {
    const live = liveJob('voting', { a: 'new' }, { quorum: 0 });
    const effects = step(live, report('nack_commit a'));
    assert.deepEqual(said(effects), [
      'quorum_vote(a failure)',
      'quorum_succeeded',
      'job_complete(complete)',
    ]);
  });

  it('12.1 a quorum above the number of nodes fails', () => {
    const live = liveJob('voting', { a: 'new' }, { quorum: 999 });
    step(live, report('ack_commit a'));
    assert.equal(live.phase, 'quorum_failed');
  });

  it('12.1 the voting timer speaks of all silent nodes, resets them silently, then looks at the quorum', () => {
    const live = liveJob('voting', { a: 'new', b: 'ready', c: 'new' }, { quorum: 1 });
    const effects = step(live, { kind: 'timer', timer: 'voting' });
    assert.deepEqual(said(effects), [
      'quorum_vote(a voting_timeout)',
      'quorum_vote(c voting_timeout)',
      'quorum_succeeded',
    ]);
    assert.deepEqual(resets(effects), ['a', 'c']);
    assert.equal(live.nodes.get('a'), 'unavailable');
    assert.equal(live.phase, 'running');
  });
});

describe('end of the run (REFERENCE 12.2)', () => {
  it('12.2 is complete when no node is ready or running, even if all failed', () => {
    const live = liveJob('running', { a: 'running', b: 'crashed' });
    const effects = step(live, report('failed a'));
    assert.deepEqual(said(effects), ['run_complete(a failure)', 'job_complete(complete)']);
    assert.deepEqual(of(effects, 'finish')[0]!.status, 'complete');
  });

  it('12.2 the run timer times out ready and running nodes with silent aborts', () => {
    const live = liveJob('running', { a: 'running', b: 'ready', c: 'succeeded' });
    const effects = step(live, { kind: 'timer', timer: 'run' });
    assert.deepEqual(said(effects), ['job_complete(timed_out)']);
    assert.deepEqual(resets(effects), ['b', 'a']);
    assert.deepEqual([...live.nodes.values()], ['timed_out', 'timed_out', 'succeeded']);
  });

  it('12 a timer of another phase changes nothing', () => {
    const voting = liveJob('voting', { a: 'new' });
    assert.deepEqual(step(voting, { kind: 'timer', timer: 'run' }), []);
    const running = liveJob('running', { a: 'running' });
    assert.deepEqual(step(running, { kind: 'timer', timer: 'voting' }), []);
  });
});

describe('a job that crashes (J3)', () => {
  const cases = [
    ['new', { a: 'new' }, ['unavailable']],
    ['voting', { a: 'new', b: 'ready', c: 'nacked' }, ['unavailable', 'was_ready', 'nacked']],
    ['running', { a: 'ready', b: 'running', c: 'failed' }, ['crashed', 'crashed', 'failed']],
    ['stopping_votes', { a: 'stopping' }, ['aborted']],
    ['stopping_runs', { a: 'stopping' }, ['aborted']],
  ] as const;
  for (const [phase, parts, settled] of cases) {
    it(`J3 settles every node and says job_complete(crashed) while ${phase}`, () => {
      const live = liveJob(phase, parts);
      const effects = step(live, { kind: 'crash' });
      assert.deepEqual([...live.nodes.values()], settled);
      assert.equal(said(effects).at(-1), 'job_complete(crashed)');
      assert.equal(live.phase, 'crashed');
    });
  }
});

describe('a job that is stopped (Decision 8)', () => {
  it('aborts new and ready nodes while voting and ends aborted when all have said so', () => {
    const live = liveJob('voting', { a: 'new', b: 'ready', c: 'nacked' });
    const effects = step(live, { kind: 'stop' });
    assert.deepEqual(said(effects), []);
    assert.deepEqual(resets(effects), ['a', 'b']);
    assert.deepEqual(of(effects, 'cancel'), [{ kind: 'cancel', timer: 'voting' }]);
    assert.deepEqual(of(effects, 'arm'), [{ kind: 'arm', timer: 'abort' }]);
    assert.deepEqual(of(effects, 'save_nodes'), []);
    const rest = steps(live, [report('aborted a'), report('aborted b')]);
    assert.deepEqual(said(rest), [
      'quorum_vote(a aborted)',
      'quorum_vote(b aborted)',
      'job_complete(aborted)',
    ]);
  });

  it('aborts running nodes and keeps the result of one that ended first', () => {
    const live = liveJob('running', { a: 'ready', b: 'running' });
    const effects = step(live, { kind: 'stop' });
    assert.deepEqual(of(effects, 'cancel'), [{ kind: 'cancel', timer: 'run' }]);
    const rest = steps(live, [report('succeeded b'), report('aborted a')]);
    assert.equal(said(rest).at(-1), 'job_complete(aborted)');
    assert.deepEqual([...live.nodes.values()], ['aborted', 'succeeded']);
  });

  it('ends by the abort deadline when an agent does not answer', () => {
    const live = liveJob('running', { a: 'running' });
    const events: JobEvent[] = [{ kind: 'stop' }, { kind: 'timer', timer: 'abort' }];
    const effects = steps(live, events);
    assert.deepEqual(said(effects), ['run_complete(a aborted)', 'job_complete(aborted)']);
  });

  it('goes on when some nodes are stopped, and ignores foreign and settled ones', () => {
    const live = liveJob('running', { a: 'running', b: 'running', c: 'failed' });
    const effects = step(live, { kind: 'stop', nodes: ['a', 'a', 'c', 'x'] });
    assert.deepEqual(resets(effects), ['a']);
    const rest = steps(live, [report('succeeded b'), report('aborted a')]);
    assert.equal(said(rest).at(-1), 'job_complete(complete)');
  });

  it('does nothing when none of the nodes can be stopped', () => {
    const live = liveJob('running', { a: 'running', b: 'failed' });
    assert.deepEqual(step(live, { kind: 'stop', nodes: ['b'] }), []);
  });

  it('waits with the quorum for a node that is stopped while voting', () => {
    const live = liveJob('voting', { a: 'ready', b: 'new' }, { quorum: 1 });
    step(live, { kind: 'stop', nodes: ['b'] });
    assert.equal(live.phase, 'voting');
    assert.deepEqual(said(step(live, report('aborted b'))), [
      'quorum_vote(b aborted)',
      'quorum_succeeded',
    ]);
  });

  it('ends stopped nodes by the voting timer and the run timer too', () => {
    const voting = liveJob('voting', { a: 'stopping', b: 'ready' }, { quorum: 1 });
    assert.deepEqual(said(step(voting, { kind: 'timer', timer: 'voting' })), [
      'quorum_vote(a aborted)',
      'quorum_succeeded',
    ]);
    const running = liveJob('running', { a: 'stopping', b: 'running' });
    step(running, { kind: 'timer', timer: 'run' });
    assert.deepEqual([...running.nodes.values()], ['aborted', 'timed_out']);
  });

  it('does not stop twice, nor before its start, nor after its end', () => {
    for (const phase of ['new', 'stopping_votes', 'stopping_runs', 'complete'] as const) {
      const live = liveJob(phase, { a: phase === 'new' ? 'new' : 'stopping' });
      assert.deepEqual(step(live, { kind: 'stop' }), []);
      assert.deepEqual(live.counts, recount(live));
    }
  });
});

describe('a job that was read back (Decision 3)', () => {
  it('J1 is refused when it has ended', () => {
    const ended = { job: newJob(['a']), stopped: false, nodes: [], events: [], updatedAt: 0 };
    assert.throws(
      () => makeResumedJob({ ...ended, status: 'complete' }),
      new Error(`job ${ended.job.id} is complete: it cannot go on`),
    );
  });
});
