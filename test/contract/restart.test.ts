import assert from 'node:assert/strict';
import type { DispatcherDeps } from '../../server/src/dispatcher/dispatcher.ts';
import {
  makeRoom,
  ORG_ID,
  SETTINGS,
  type Room,
  type SimulatedAgent,
} from '../helpers/dispatcher-room.ts';

const INTERVAL = SETTINGS.heartbeatInterval;
/** Milliseconds for which nodes are waited for after a restart. */
const GRACE = 5 * INTERVAL;

describe('a job over a restart of the server (Decision 3)', () => {
  let room: Room;
  let rooms: Room[];
  beforeEach(() => {
    room = makeRoom();
    rooms = [room];
  });
  afterEach(async () => {
    for (const each of rooms) await each.dispatcher.stop();
    assert.equal(room.clock.waiting(), 0, 'no timer is left');
  });

  /** The server dies where it stands; another one begins with what is durable. */
  async function restart(more: Partial<DispatcherDeps> = {}): Promise<void> {
    // Nothing of the dead server reaches the store any more.
    room.store.failure = new Error('dead');
    await room.dispatcher.stop();
    room.store.failure = undefined;
    room = makeRoom(more, room);
    rooms.push(room);
    room.dispatcher.jobs.resume(room.store.unfinished());
    await room.clock.advance(0);
  }
  const saved = (): Promise<void> => room.clock.advance(50);
  const beat = async (a: SimulatedAgent, times = 1, job_state = 'idle', job_id?: string) => {
    for (let i = 0; i < times; i++) {
      await room.clock.advance(INTERVAL);
      await a.say('heartbeat', { job_state, job_id: job_id ?? null });
    }
  };
  const availability = (node: string) => room.dispatcher.presence.get(ORG_ID, node).availability;

  /** A job on nodes `a` and `b`, both at that point, durable. */
  async function jobAt(point: 'new' | 'ready' | 'told' | 'running', more = {}): Promise<string> {
    const agents = [await room.ready('a'), await room.ready('b')];
    const id = await room.start(['a', 'b'], { quorum: 2, ...more });
    const votes = { new: 0, ready: 1, told: 2, running: 2 }[point];
    for (const agent of agents.slice(0, votes)) await agent.say('ack_commit', { job_id: id });
    if (point === 'running') {
      for (const agent of agents) await agent.say('ack_run', { job_id: id });
    }
    await saved();
    return id;
  }

  it('knows the job, its counts and its nodes, and repeats no event', async () => {
    const id = await jobAt('running');
    await restart();
    assert.deepEqual(room.dispatcher.jobs.inMemory(), [id]);
    assert.deepEqual(room.feed, []);
    const [a, b] = [room.agent('a'), room.agent('b')];
    for (const agent of [a, b]) await beat(agent, 3, 'running', id);
    assert.deepEqual([a.heard(), b.heard()], [['ack'], ['ack']]);
    assert.deepEqual([availability('a'), availability('b')], ['available', 'available']);
    for (const agent of [a, b]) await agent.say('succeeded', { job_id: id });
    assert.equal(room.store.statusOf(id), 'complete');
    assert.deepEqual(room.feed, [
      'run_complete(a success)',
      'run_complete(b success)',
      'job_complete(complete)',
    ]);
    const seqs = room.store.batches.flatMap(({ events }) => events.map(({ seq }) => seq));
    assert.deepEqual(
      seqs,
      [...seqs.keys()].map((index) => index + 1),
    );
  });

  it('says start where the first event was lost with the server', async () => {
    await room.ready('a');
    await room.start(['a']);
    await restart();
    assert.deepEqual(room.feed, ['start']);
  });

  it('aborts a node that no job holds, as ever', async () => {
    await jobAt('running');
    await restart();
    const other = room.agent('other');
    await other.say('heartbeat');
    assert.deepEqual(other.heard(), ['abort']);
  });

  it('takes a node that committed for its vote', async () => {
    const id = await jobAt('new');
    await restart();
    const [a, b] = [room.agent('a'), room.agent('b')];
    await beat(a, 1, 'committed', id);
    await b.say('ack_commit', { job_id: id });
    assert.deepEqual(
      [a.heard(), b.heard()],
      [
        ['ack', 'run'],
        ['ack', 'run'],
      ],
    );
    // The vote itself may still come.
    await a.say('ack_commit', { job_id: id });
    assert.ok(!room.feed.includes('quorum_vote(a unexpected_commit)'));
    assert.equal(room.store.statusOf(id), 'running');
  });

  it('sends a commit again, once, to a node that twice says that it has no job', async () => {
    const id = await jobAt('new');
    const before = (await restart(), room.agent('a'));
    await beat(before, 1);
    assert.deepEqual(before.heard(), ['ack']);
    await beat(before, 5);
    const [message, ...rest] = before.received;
    assert.deepEqual(rest, []);
    assert.deepEqual(
      { ...message, sequence: 0, timestamp: '' },
      {
        sequence: 0,
        timestamp: '',
        type: 'commit',
        job_id: id,
        server: 'push.example.com',
        command: 'chef-client',
        capture: false,
      },
    );
  });

  it('lets a node withdraw that had committed and knows nothing of it any more', async () => {
    const id = await jobAt('ready');
    await restart();
    const a = room.agent('a');
    await beat(a, 1);
    assert.deepEqual(a.heard(), ['ack']);
    await beat(a, 1);
    assert.deepEqual(a.heard(), ['abort']);
    await saved();
    assert.equal(room.store.nodesOf(id)['a'], 'unavailable');
  });

  it('takes a node that runs for its acknowledgement of the run', async () => {
    const id = await jobAt('told');
    await restart();
    const a = room.agent('a');
    await beat(a, 2, 'running', id);
    assert.deepEqual(room.feed, ['run_start(a)']);
    await a.say('failed', { job_id: id });
    await saved();
    assert.deepEqual(room.store.nodesOf(id), { a: 'failed', b: 'ready' });
  });

  it('takes a result though the acknowledgement of the run was lost with the server', async () => {
    const id = await jobAt('told', { capture: true });
    await restart();
    const a = room.agent('a');
    await a.say('succeeded', { job_id: id, stdout: 'out', stderr: '' });
    assert.deepEqual(a.heard(), ['ack']);
    assert.deepEqual(room.feed, ['run_start(a)', 'run_complete(a success)']);
    await saved();
    assert.equal(room.store.outputOf(id, 'a'), 'out|');
  });

  it('sends run again, once, to a node that still waits for it', async () => {
    const id = await jobAt('told');
    await restart();
    const a = room.agent('a');
    await beat(a, 1, 'committed', id);
    assert.deepEqual(a.heard(), ['ack']);
    await beat(a, 3, 'committed', id);
    assert.deepEqual(a.heard(), ['run']);
  });

  it('Decision 5 crashes a node that was to run and twice says that it does nothing', async () => {
    const id = await jobAt('told');
    await restart();
    const a = room.agent('a');
    await beat(a, 2);
    assert.deepEqual(a.heard(), ['ack', 'abort']);
    await saved();
    assert.deepEqual(room.store.nodesOf(id), { a: 'crashed', b: 'ready' });
  });

  it('starts nobody for a job whose run phase was not durable, until it is', async () => {
    const id = await jobAt('ready');
    // The last vote comes, and the server dies before it is written.
    room.store.failure = new Error('away');
    await room.clock.advance(INTERVAL);
    await room.agent('b').say('ack_commit', { job_id: id });
    await restart();
    const [a, b] = [room.agent('a'), room.agent('b')];
    await beat(a, 2, 'committed', id);
    await beat(b, 1, 'committed', id);
    assert.deepEqual(
      [a.heard(), b.heard()],
      [
        ['ack', 'run'],
        ['ack', 'run'],
      ],
    );
  });

  it('goes on at once where nothing is waited for', async () => {
    const id = await jobAt('running');
    room.store.batches.length = 0;
    await room.store.saveChanges({
      outputs: [],
      stops: [],
      jobs: [],
      events: [],
      orgEvents: [],
      nodes: ['a', 'b'].map((node) => ({ jobId: id, node, status: 'succeeded', at: 0 })),
    });
    await restart();
    assert.equal(room.store.statusOf(id), 'complete');
  });

  it('counts a node as lost that is not heard within five intervals', async () => {
    const id = await jobAt('running');
    await restart();
    const a = room.agent('a');
    await beat(a, 4, 'running', id);
    assert.deepEqual(room.store.nodesOf(id), { a: 'running', b: 'running' });
    await beat(a, 1, 'running', id);
    await saved();
    assert.deepEqual(room.store.nodesOf(id), { a: 'running', b: 'crashed' });
  });

  it('gives a vote the rest of its time, and five intervals at least', async () => {
    const id = await jobAt('new');
    const left = SETTINGS.votingTimeout - 2 * INTERVAL;
    await restart();
    for (let restarts = 0; restarts < 2; restarts++) {
      const agents = [room.agent('a'), room.agent('b')];
      const intervals = restarts === 0 ? left / INTERVAL : GRACE / INTERVAL;
      for (let i = 0; i < intervals; i++) {
        assert.equal(room.store.statusOf(id), 'voting');
        for (const agent of agents) await agent.say('heartbeat', { job_id: id, job_state: 'idle' });
        await room.clock.advance(INTERVAL - (i === 0 ? 50 : 0));
      }
      if (restarts === 0) await restart();
    }
    assert.equal(room.store.statusOf(id), 'voting');
    await room.clock.advance(50);
    assert.equal(room.store.statusOf(id), 'quorum_failed');
  });

  it('gives a run the rest of its time', async () => {
    const id = await jobAt('running', { runTimeout: 30 });
    await room.clock.advance(1000);
    await restart();
    const agents = [room.agent('a'), room.agent('b')];
    for (let i = 0; i < 28; i++) {
      for (const agent of agents) {
        await agent.say('heartbeat', { job_state: 'running', job_id: id });
      }
      await room.clock.advance(INTERVAL);
    }
    assert.equal(room.store.statusOf(id), 'running');
    await room.clock.advance(INTERVAL);
    assert.equal(room.store.statusOf(id), 'timed_out');
    for (const agent of agents) assert.deepEqual(agent.heard(), ['ack', 'abort']);
  });

  it('Decision 8 goes on to stop a job that was stopped, and a node that was', async () => {
    const whole = await jobAt('running');
    await room.dispatcher.jobs.stop(whole);
    await room.ready('c');
    const some = await room.start(['c', 'd', 'e'], { quorum: 0 });
    await room.dispatcher.jobs.stop(some, ['c']);
    await restart();
    const [a, b, c] = [room.agent('a'), room.agent('b'), room.agent('c')];
    await a.say('heartbeat', { job_state: 'running', job_id: whole });
    await b.say('heartbeat');
    await c.say('heartbeat', { job_state: 'committed', job_id: some });
    assert.deepEqual([a.heard(), b.heard(), c.heard()], [['abort'], ['abort'], ['abort']]);
    await a.say('aborted', { job_id: whole });
    await b.say('aborted', { job_id: null });
    await c.say('aborted', { job_id: some });
    await saved();
    assert.deepEqual(room.store.nodesOf(whole), { a: 'aborted', b: 'aborted' });
    assert.equal(room.store.statusOf(whole), 'aborted');
    assert.equal(room.store.nodesOf(some)['c'], 'aborted');
  });

  it('Decision 8 ends a stopped job by its abort deadline though its nodes are gone', async () => {
    const id = await jobAt('running');
    await room.dispatcher.jobs.stop(id);
    await restart();
    await room.clock.advance(GRACE);
    assert.equal(room.store.statusOf(id), 'aborted');
  });

  it('J4 ends a job of another server that never began, with its nodes', async () => {
    const id = await jobAt('new');
    await restart();
    const [unfinished] = room.store.unfinished();
    await room.dispatcher.stop();
    room = makeRoom({}, room);
    rooms.push(room);
    room.dispatcher.jobs.resume([{ ...unfinished!, status: 'new' }]);
    await saved();
    assert.equal(room.store.statusOf(id), 'crashed');
    assert.deepEqual(room.store.nodesOf(id), { a: 'unavailable', b: 'unavailable' });
  });

  it('J4 settles nodes at points that their job cannot have come to', async () => {
    const [voting, running] = [await jobAt('new'), await jobAt('told')];
    const at = (jobId: string, status: 'new' | 'running') => ({ jobId, node: 'a', status, at: 0 });
    await room.store.saveChanges({
      outputs: [],
      stops: [],
      jobs: [],
      events: [],
      orgEvents: [],
      nodes: [at(voting, 'running'), at(running, 'new')],
    });
    await restart();
    await saved();
    assert.equal(room.store.nodesOf(voting)['a'], 'crashed');
    assert.equal(room.store.nodesOf(running)['a'], 'unavailable');
  });

  it('keeps the output of a node that is settled when it is heard again', async () => {
    const id = await jobAt('running', { capture: true });
    await restart();
    await room.clock.advance(GRACE);
    await saved();
    assert.equal(room.store.statusOf(id), 'complete');
    const a = room.agent('a');
    await a.say('succeeded', { job_id: id, stdout: 'late', stderr: '' });
    await saved();
    assert.equal(room.store.outputOf(id, 'a'), 'late|');
    assert.deepEqual(room.store.nodesOf(id), { a: 'crashed', b: 'crashed' });
  });

  it('goes on with a node that is told to run before it is heard', async () => {
    const id = await jobAt('ready', { quorum: 1 });
    await restart();
    const b = room.agent('b');
    await b.say('nack_commit', { job_id: id });
    assert.equal(room.store.statusOf(id), 'running');
    const a = room.agent('a');
    await beat(a, 2, 'committed', id);
    assert.deepEqual(a.heard(), ['ack', 'run']);
  });

  it('aborts a node that its job has given up before it is heard', async () => {
    const id = await jobAt('ready');
    await restart();
    await room.agent('b').say('nack_commit', { job_id: id });
    assert.equal(room.store.statusOf(id), 'quorum_failed');
    const a = room.agent('a');
    await beat(a, 1, 'committed', id);
    assert.deepEqual(a.heard(), ['abort']);
  });

  it('counts a node as down that is removed while it is waited for', async () => {
    const id = await jobAt('running');
    await restart();
    room.dispatcher.dropNode(ORG_ID, 'a');
    await saved();
    assert.deepEqual(room.store.nodesOf(id), { a: 'crashed', b: 'running' });
  });

  describe('and a new job right after it', () => {
    const known: Partial<DispatcherDeps> = { isExpected: (_org, node) => node !== 'ghost' };

    it('waits for nodes that were here before, and for nobody else', async () => {
      await restart(known);
      const id = await room.start(['a', 'ghost'], { quorum: 1 });
      assert.deepEqual(room.store.nodesOf(id), { a: 'new', ghost: 'new' });
      await saved();
      assert.deepEqual(room.store.nodesOf(id), { a: 'new', ghost: 'unavailable' });
      const a = room.agent('a');
      await beat(a, 1);
      assert.deepEqual(a.heard(), ['abort']);
      await a.say('aborted', { job_id: null });
      assert.deepEqual(a.heard(), ['commit']);
      await a.say('ack_commit', { job_id: id });
      assert.deepEqual(a.heard(), ['run']);
    });

    it('counts them as down after two intervals', async () => {
      await restart(known);
      const b = room.agent('b');
      await b.say('heartbeat');
      const id = await room.start(['a', 'b']);
      await room.clock.advance(2 * INTERVAL - 1);
      assert.deepEqual(room.feed, ['start']);
      await room.clock.advance(1);
      await saved();
      assert.deepEqual(room.store.nodesOf(id), { a: 'unavailable', b: 'unavailable' });
      await b.say('aborted', { job_id: null });
      assert.ok(!b.heard().includes('commit'));
      await room.start(['a']);
      assert.equal(room.feed.at(-1), 'job_complete(quorum_failed)');
    });

    it('waits on for a node whose agent starts anew meanwhile', async () => {
      await restart(known);
      await room.start(['a']);
      await room.agent('a').say('heartbeat');
      const again = room.agent('a', { incarnation: 'second-life' });
      await again.say('heartbeat');
      await again.say('heartbeat');
      await again.say('aborted', { job_id: null });
      assert.deepEqual(again.heard(), ['ack', 'abort', 'commit']);
    });

    it('asks a node that a job holds at once when it is heard', async () => {
      const first = await jobAt('running');
      await restart(known);
      const second = 'b'.repeat(32);
      await room.start(['a'], { id: second });
      const a = room.agent('a');
      await a.say('heartbeat', { job_state: 'running', job_id: first });
      assert.deepEqual(a.heard(), ['ack', 'commit']);
      await a.say('nack_commit', { job_id: second });
      assert.equal(room.store.nodesOf(second)['a'], 'nacked');
    });

    it('Decision 8 stops a node that was never asked without a word to it', async () => {
      await restart(known);
      const id = await room.start(['a']);
      await room.dispatcher.jobs.stop(id);
      await saved();
      assert.deepEqual(room.store.nodesOf(id), { a: 'aborted' });
    });
  });
});

describe('an order that is lost with a connection', () => {
  let room: Room;
  beforeEach(() => {
    room = makeRoom();
  });
  afterEach(() => room.dispatcher.stop());
  const moved = async (): Promise<SimulatedAgent> => {
    await room.clock.advance(INTERVAL);
    return room.agent('a');
  };

  it('a commit goes again to a node that twice says on its new connection that it has no job', async () => {
    const a = await room.ready('a');
    await room.start(['a']);
    const again = await moved();
    for (let i = 0; i < 4; i++) await again.say('heartbeat');
    assert.deepEqual(a.heard(), ['commit']);
    assert.deepEqual(again.heard(), ['ack', 'commit']);
  });

  it('a commit goes once to a node that stays on its connection', async () => {
    const a = await room.ready('a');
    await room.start(['a']);
    for (let i = 0; i < 4; i++) await a.say('heartbeat');
    assert.deepEqual(a.heard(), ['commit']);
  });

  it('a run goes again to a node that twice says on its new connection that it waits for it', async () => {
    const a = await room.ready('a');
    const id = await room.start(['a']);
    await a.say('ack_commit', { job_id: id });
    const again = await moved();
    for (let i = 0; i < 4; i++) {
      await again.say('heartbeat', { job_state: 'committed', job_id: id });
    }
    assert.deepEqual(again.heard(), ['ack', 'run']);
    await again.say('ack_run', { job_id: id });
    await again.say('succeeded', { job_id: id });
    assert.equal(room.store.statusOf(id), 'complete');
  });
});
