import assert from 'node:assert/strict';
import { agentKinds } from '../harness/standalone.ts';
import { logLines } from '../harness/log-lines.ts';
import { useScene } from '../harness/scene.ts';
import { makeCast, type Cast, type Told } from './cast.ts';

/** What `job start` prints when the job has ended; `nodes` as knife lays it out. */
interface Ending {
  readonly command: string;
  readonly status: string;
  readonly nodes: string;
  /** Seconds. */
  readonly timeout?: number;
  /** Knife's words for the states that it saw on the way. */
  readonly progress?: string;
}

function ending({ command, status, nodes, timeout = 3600, progress = '' }: Ending): string {
  const title = status.charAt(0).toUpperCase() + status.slice(1);
  return `Started.  Job ID: <JOB>
${progress}.${title}.
command:     ${command}
created_at:  <DATE>
env:
id:          <JOB>
nodes:
  ${nodes}
run_timeout: ${timeout}
status:      ${status}
updated_at:  <DATE>
`;
}

const both = (status: string): string => `${status}:\n    ours\n    ruby`;

/** Two nodes of one status are one group "in progress": knife counts statuses there. */
const running = '.Running (1/2 in progress) ...\n';
/** A job that takes long enough to be seen running. */
const long = { progress: 'running' } as const;

function assertTold(told: Told, code: number, stdout: string): void {
  const wanted = { code, stdout, stderr: '' };
  assert.deepEqual(told, { knife: wanted, pushy: wanted });
}

describe('the states of a job, told by knife and by pushy (REFERENCE 12)', () => {
  const scene = useScene('workstation', 'reference agent');
  let cast: Cast;

  before('a server and two agents of each kind', async () => {
    cast = await makeCast(scene);
  });
  beforeEach('all nodes are available', () => cast.ready());

  it('12.1 nodes whose whitelist lacks the command are nacked, and the quorum fails', async () => {
    const told = await cast.startJob(['unheard of']);
    const nodes = both('nacked');
    assertTold(told, 1, ending({ command: 'unheard of', status: 'quorum_failed', nodes }));
  });

  for (const kind of agentKinds) {
    const other = kind === 'ours' ? 'ruby' : 'ours';
    it(`12.1 a quorum that is met without the node that refuses lets the job run: ${kind}`, async () => {
      const command = `only ${kind}`;
      const told = await cast.startJob(['--quorum', '50%', command]);
      const nodes = `nacked:    ${other}\n  succeeded: ${kind}`;
      // A node that refused is no failure for knife.
      assertTold(told, 0, ending({ command, status: 'complete', nodes }));
    });
  }

  it('12.1 a node that nobody knows is unavailable; the others were ready for nothing', async () => {
    const told = await cast.startJob(['greet'], { more: ['ghost'] });
    const nodes = 'unavailable: ghost\n  was_ready:\n    ours\n    ruby';
    assertTold(told, 1, ending({ command: 'greet', status: 'quorum_failed', nodes }));
  });

  it('12.1 nodes that do not vote in time are unavailable', async () => {
    cast.signal('SIGSTOP');
    try {
      const told = await cast.startJob(['greet']);
      const nodes = both('unavailable');
      assertTold(told, 1, ending({ command: 'greet', status: 'quorum_failed', nodes }));
    } finally {
      cast.signal('SIGCONT');
    }
    // They find their way back; those that lost patience with the server meanwhile open their sockets anew.
    await cast.ready();
    await cast.kill();
  });

  it('12.1 nodes that are busy are nacked for a second job, and go on with the first', async () => {
    const [first, second] = await Promise.all([
      cast.startJob(['wait'], long),
      cast
        .running()
        .then(() => cast.startJob(['greet']))
        .finally(() => cast.openGate()),
    ]);
    const nodes = both('nacked');
    assertTold(second, 1, ending({ command: 'greet', status: 'quorum_failed', nodes }));
    const done = both('succeeded');
    const story = ending({ command: 'wait', status: 'complete', nodes: done, progress: running });
    assertTold(first, 0, story);
  });

  it('12.2 nodes whose command fails have failed, and so has knife', async () => {
    const told = await cast.startJob(['fail']);
    const nodes = both('failed');
    assertTold(told, 1, ending({ command: 'fail', status: 'complete', nodes }));
  });

  it('12.2 nodes that run for longer than the job may are timed out, and free again', async () => {
    const told = await cast.startJob(['--timeout', '2', 'wait'], long);
    const nodes = both('timed_out');
    const story = { command: 'wait', status: 'timed_out', nodes, timeout: 2, progress: running };
    assertTold(told, 1, ending(story));
    await cast.ready();
    const next = await cast.startJob(['greet']);
    const done = both('succeeded');
    assertTold(next, 0, ending({ command: 'greet', status: 'complete', nodes: done }));
  });

  const crashed = (): string =>
    ending({
      command: 'wait',
      status: 'complete',
      nodes: both('crashed'),
      progress: running,
    });

  it('13 agents that are restarted quickly while they run have crashed', async () => {
    const [told] = await Promise.all([
      cast.startJob(['wait'], long),
      cast.running().then(() => cast.replace()),
    ]);
    assertTold(told, 1, crashed());
    await cast.ready();
    const reasons = logLines(cast.stage.server.program)
      .filter(({ msg }) => msg === 'node is offline')
      .map(({ node, reason }) => `${String(node)} ${String(reason)}`);
    for (const node of ['ours-a', 'ruby-a', 'ours-b', 'ruby-b']) {
      assert.equal(
        reasons.findLast((r) => r.startsWith(node)),
        `${node} other_incarnation`,
      );
    }
  });

  it('12.2, 14 nodes that die while they run have crashed once they are missed', async () => {
    const [told] = await Promise.all([
      cast.startJob(['wait'], long),
      cast.running().then(() => cast.kill()),
    ]);
    assertTold(told, 1, crashed());
  });

  it('12.1 nodes that are down are unavailable at once; with a quorum of 0 the job is complete', async () => {
    await cast.kill();
    await cast.away();
    for (const [quorum, status, code] of [
      ['100%', 'quorum_failed', 1],
      ['0', 'complete', 0],
    ] as const) {
      const told = await cast.startJob(['--quorum', quorum, 'greet']);
      const nodes = both('unavailable');
      assertTold(told, code, ending({ command: 'greet', status, nodes }));
    }
  });
});
