import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  RUNNER_PHASES,
  RUNNER_TABLE,
  idleRunner,
  step,
  wireState,
  type JobOrder,
  type RunnerEffect,
  type RunnerEvent,
  type RunnerState,
} from '../../../../client/src/core/runner.ts';

const order: JobOrder = { jobId: 'a', command: 'chef-client', capture: false };
const other: JobOrder = { jobId: 'b', command: 'ls', capture: true };

const states: RunnerState[] = [
  { phase: 'idle' },
  { phase: 'checking', order },
  { phase: 'committed', order },
  { phase: 'starting', order },
  { phase: 'running', order },
  { phase: 'stopping', order },
];
const events: RunnerEvent[] = [
  { kind: 'commit', order: other },
  { kind: 'bad_commit', jobId: null, reason: 'no command' },
  { kind: 'run', jobId: 'a' },
  { kind: 'run', jobId: 'b' },
  { kind: 'run', jobId: null },
  { kind: 'abort' },
  { kind: 'accepted', jobId: 'a' },
  { kind: 'refused', jobId: 'a', reason: 'no user' },
  { kind: 'started', jobId: 'a' },
  { kind: 'ended', jobId: 'a' },
  { kind: 'stopped', jobId: 'a' },
  { kind: 'adopted', phase: 'running', order: other },
  { kind: 'accepted', jobId: 'b' },
  { kind: 'refused', jobId: 'b', reason: 'late' },
  { kind: 'started', jobId: 'b' },
  { kind: 'ended', jobId: 'b' },
  { kind: 'stopped', jobId: 'b' },
];

/** `phase event` -> what happens, in short. Whatever is not here changes nothing and says nothing. */
const expected: Record<string, string> = {
  'idle commit': 'checking: check b',
  'idle bad_commit': 'idle: nack_commit null',
  'idle run a': 'idle: nack_run a',
  'idle run b': 'idle: nack_run b',
  'idle run null': 'idle: nack_run null',
  'idle abort': 'idle: aborted null',
  'idle adopted b': 'running: ',
  'checking commit': 'checking: nack_commit b',
  'checking bad_commit': 'checking: nack_commit null',
  'checking run a': 'checking: nack_run a',
  'checking run b': 'checking: nack_run b',
  'checking run null': 'checking: nack_run null',
  'checking abort': 'idle: release a, aborted a',
  'checking accepted a': 'committed: ack_commit a',
  'checking refused a': 'idle: release a, nack_commit a',
  'committed commit': 'committed: nack_commit b',
  'committed bad_commit': 'committed: nack_commit null',
  'committed run a': 'starting: start a',
  'committed run b': 'committed: nack_run b',
  'committed run null': 'committed: nack_run null',
  'committed abort': 'idle: release a, aborted a',
  'starting commit': 'starting: nack_commit b',
  'starting bad_commit': 'starting: nack_commit null',
  'starting run b': 'starting: nack_run b',
  'starting run null': 'starting: nack_run null',
  'starting abort': 'stopping: stop a',
  'starting started a': 'running: ack_run a',
  'starting ended a': 'idle: ack_run a, report a',
  'running commit': 'running: nack_commit b',
  'running bad_commit': 'running: nack_commit null',
  'running run a': 'running: nack_run a',
  'running run b': 'running: nack_run b',
  'running run null': 'running: nack_run null',
  'running abort': 'stopping: stop a',
  'running ended a': 'idle: report a',
  'stopping commit': 'stopping: nack_commit b',
  'stopping bad_commit': 'stopping: nack_commit null',
  'stopping run a': 'stopping: nack_run a',
  'stopping run b': 'stopping: nack_run b',
  'stopping run null': 'stopping: nack_run null',
  'stopping stopped a': 'idle: release a, aborted a',
};

function brief(effect: RunnerEffect): string {
  switch (effect.kind) {
    case 'answer':
      return `${effect.answer.type} ${effect.answer.jobId ?? 'null'}`;
    case 'check':
    case 'start':
      return `${effect.kind} ${effect.order.jobId}`;
    case 'stop':
    case 'report':
    case 'release':
      return `${effect.kind} ${effect.jobId}`;
  }
}

function nameOf(event: RunnerEvent): string {
  if (event.kind === 'adopted') return `adopted ${event.order.jobId}`;
  const id = 'jobId' in event && event.kind !== 'bad_commit' ? ` ${event.jobId ?? 'null'}` : '';
  return `${event.kind}${id}`;
}

describe('runner (REFERENCE 16, incoming messages)', () => {
  for (const state of states) {
    for (const event of events) {
      const name = `${state.phase} ${nameOf(event)}`;
      it(`${name} -> ${expected[name] ?? 'nothing'}`, () => {
        const { state: after, effects } = step(state, event);
        const happened = `${after.phase}: ${effects.map(brief).join(', ')}`;
        assert.equal(happened, expected[name] ?? `${state.phase}: `);
        if (expected[name] === undefined) assert.equal(after, state);
      });
    }
  }

  it('has a rule for every event in every phase', () => {
    assert.deepEqual(Object.keys(RUNNER_TABLE), [...RUNNER_PHASES]);
    const kinds = new Set(events.map((e) => e.kind));
    for (const row of Object.values(RUNNER_TABLE))
      assert.deepEqual(new Set(Object.keys(row)), kinds);
  });

  it('A4 keeps the order of the committed job when another commit is refused', () => {
    const committed: RunnerState = { phase: 'committed', order };
    const refused = step(committed, { kind: 'commit', order: { ...other, jobId: 'a' } });
    const started = step(refused.state, { kind: 'run', jobId: 'a' });
    assert.deepEqual(started.effects, [{ kind: 'start', order }]);
  });

  it('gives its reason with a refused commit', () => {
    const busy = step({ phase: 'running', order }, { kind: 'commit', order: other });
    assert.deepEqual(busy.effects, [
      {
        kind: 'answer',
        answer: { type: 'nack_commit', jobId: 'b', reason: 'busy with job a (running)' },
      },
    ]);
  });

  it('15.6 reports the states that the wire knows', () => {
    assert.deepEqual(states.map(wireState), [
      { jobState: 'idle', jobId: null },
      { jobState: 'idle', jobId: null },
      { jobState: 'committed', jobId: 'a' },
      { jobState: 'committed', jobId: 'a' },
      { jobState: 'running', jobId: 'a' },
      { jobState: 'running', jobId: 'a' },
    ]);
  });

  it('starts a job at most once for each commit, and gives back whatever it checked, in any order of events', () => {
    const anyEvent = fc.constantFrom<RunnerEvent>(...events, { kind: 'commit', order });
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (run) => {
        let state = idleRunner();
        let open = 0;
        let starts = 0;
        for (const event of run) {
          const next = step(state, event);
          if (event.kind === 'adopted' && state.phase === 'idle') open++;
          for (const effect of next.effects) {
            if (effect.kind === 'check') {
              open++;
              starts = 0;
            }
            if (effect.kind === 'start') starts++;
            if (effect.kind === 'release' || effect.kind === 'report') open--;
          }
          state = next.state;
          assert.equal(open, state.phase === 'idle' ? 0 : 1);
          assert.ok(starts <= 1);
        }
      }),
    );
  });
});
