import { strict as assert } from 'node:assert';
import { isFinished, isSettled, JOB_STATUSES, NODE_STATUSES } from '@pushy/protocol';

describe('The statuses of a job', () => {
  it('have the codes of the database of the reference, which are their places (ADDON A.7)', () => {
    assert.deepEqual(
      Object.entries(JOB_STATUSES).map(([code, status]) => `${code} ${status}`),
      [
        '0 voting',
        '1 running',
        '2 complete',
        '3 quorum_failed',
        '4 aborted',
        '5 new',
        '6 timed_out',
        '7 crashed',
      ],
    );
  });

  it('18 are final but for new, voting and running', () => {
    const live = JOB_STATUSES.filter((status) => !isFinished(status));
    assert.deepEqual([...live].sort(), ['new', 'running', 'voting']);
  });
});

describe('The statuses of a node in a job', () => {
  it('have the codes of the database of the reference, which are their places (ADDON D.1)', () => {
    assert.deepEqual(
      Object.entries(NODE_STATUSES).map(([code, status]) => `${code} ${status}`),
      [
        '0 new',
        '1 ready',
        '2 running',
        '3 succeeded',
        '4 failed',
        '5 aborted',
        '6 unavailable',
        '7 nacked',
        '8 faulty',
        '9 was_ready',
        '10 crashed',
        '11 timed_out',
      ],
    );
  });

  it('12 are settled but for new, ready and running', () => {
    const live = NODE_STATUSES.filter((status) => !isSettled(status));
    assert.deepEqual(live, ['new', 'ready', 'running']);
  });
});
