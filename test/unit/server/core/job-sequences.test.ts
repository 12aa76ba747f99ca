import assert from 'node:assert/strict';
import { makeLiveJob, type JobEvent } from '../../../../server/src/core/job.ts';
import { newJob, report, said, steps } from './job-fixtures.ts';

const START: JobEvent = { kind: 'start' };
const timer = (name: 'voting' | 'run' | 'abort'): JobEvent => ({ kind: 'timer', timer: name });

/** The table of REFERENCE 9.1, row by row: what happens after the start, and the whole feed. */
const ROWS: {
  scenario: string;
  nodes?: string[];
  quorum?: number;
  happens: (string | JobEvent)[];
  feed: string[];
}[] = [
  {
    scenario: 'node nonexistent',
    happens: ['down a'],
    feed: ['start', 'quorum_vote(a down)', 'rehab(a)', 'job_complete(quorum_failed)'],
  },
  {
    scenario: 'ok',
    happens: ['ack_commit a', 'ack_run a', 'succeeded a'],
    feed: [
      'start',
      'quorum_vote(a success)',
      'quorum_succeeded',
      'run_start(a)',
      'run_complete(a success)',
      'job_complete(complete)',
    ],
  },
  {
    scenario: 'command fails',
    happens: ['ack_commit a', 'ack_run a', 'failed a'],
    feed: [
      'start',
      'quorum_vote(a success)',
      'quorum_succeeded',
      'run_start(a)',
      'run_complete(a failure)',
      'job_complete(complete)',
    ],
  },
  {
    scenario: 'nack',
    happens: ['nack_commit a'],
    feed: ['start', 'quorum_vote(a failure)', 'job_complete(quorum_failed)'],
  },
  {
    scenario: 'never votes',
    happens: [timer('voting')],
    feed: ['start', 'quorum_vote(a voting_timeout)', 'job_complete(quorum_failed)'],
  },
  {
    scenario: 'nack_run after commit',
    happens: ['ack_commit a', 'nack_run a'],
    feed: [
      'start',
      'quorum_vote(a success)',
      'quorum_succeeded',
      'rehab(a)',
      'run_complete(a run_nacked)',
      'job_complete(complete)',
    ],
  },
  {
    scenario: 'never answers run',
    happens: ['ack_commit a', timer('run')],
    feed: ['start', 'quorum_vote(a success)', 'quorum_succeeded', 'job_complete(timed_out)'],
  },
  {
    scenario: 'ack_run then nack_run',
    happens: ['ack_commit a', 'ack_run a', 'nack_run a'],
    feed: [
      'start',
      'quorum_vote(a success)',
      'quorum_succeeded',
      'run_start(a)',
      'rehab(a)',
      'run_complete(a run_nacked_while_running)',
      'job_complete(complete)',
    ],
  },
  {
    scenario: 'two nodes, one nacks, quorum 2',
    nodes: ['a', 'b'],
    happens: ['ack_commit a', 'nack_commit b'],
    feed: [
      'start',
      'quorum_vote(a success)',
      'quorum_vote(b failure)',
      'job_complete(quorum_failed)',
    ],
  },
  {
    scenario: 'two nodes, one nacks, quorum 1',
    nodes: ['a', 'b'],
    quorum: 1,
    happens: ['nack_commit b', 'ack_commit a', 'ack_run a', 'succeeded a'],
    feed: [
      'start',
      'quorum_vote(b failure)',
      'quorum_vote(a success)',
      'quorum_succeeded',
      'run_start(a)',
      'run_complete(a success)',
      'job_complete(complete)',
    ],
  },
  {
    scenario: 'ack_commit then nack_run while the second still votes, then the second acks',
    nodes: ['a', 'b'],
    happens: ['ack_commit a', 'nack_run a', 'ack_commit b'],
    feed: [
      'start',
      'quorum_vote(a success)',
      'rehab(a)',
      'quorum_vote(b success)',
      'job_complete(quorum_failed)',
    ],
  },
];

describe('sequences of events that clients rely on (REFERENCE 9.1)', () => {
  for (const { scenario, nodes = ['a'], quorum = nodes.length, happens, feed } of ROWS) {
    it(`9.1 ${scenario}`, () => {
      const live = makeLiveJob(newJob(nodes, { quorum }));
      const events = happens.map((what) => (typeof what === 'string' ? report(what) : what));
      assert.deepEqual(said(steps(live, [START, ...events])), feed);
    });
  }

  it('J1 the aborted that answers a reset adds nothing while the job runs on for others', () => {
    const live = makeLiveJob(newJob(['a', 'b']));
    steps(live, [START, report('ack_commit a'), report('ack_commit b'), report('nack_run a')]);
    assert.deepEqual(steps(live, [report('aborted a')]), []);
  });
});
