import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { formatHttpDate, seal } from '@pushy/protocol';
import {
  keyOf,
  makeRoom,
  ORG_ID,
  SETTINGS,
  type Room,
  type SimulatedAgent,
} from '../helpers/dispatcher-room.ts';

const available = (room: Room, node: string) => room.dispatcher.presence.get(ORG_ID, node);

describe('a job on simulated agents', () => {
  let room: Room;
  beforeEach(() => {
    room = makeRoom();
  });
  afterEach(async () => {
    await room.dispatcher.stop();
    assert.equal(room.clock.waiting(), 0, 'no timer is left');
    assert.deepEqual(room.lost, [], 'nothing is sent to nobody');
  });

  /** All nodes of the job acknowledge commit, then run. */
  async function run(jobId: string, ...agents: SimulatedAgent[]): Promise<void> {
    for (const agent of agents) await agent.say('ack_commit', { job_id: jobId });
    for (const agent of agents) await agent.say('ack_run', { job_id: jobId });
  }

  it('12 runs on all nodes and ends complete', async () => {
    const [a, b] = [await room.ready('a'), await room.ready('b')];
    const id = await room.start(['a', 'b']);
    assert.deepEqual([a.heard(), b.heard()], [['commit'], ['commit']]);
    await a.say('ack_commit', { job_id: id });
    assert.deepEqual(a.heard(), []);
    await b.say('ack_commit', { job_id: id });
    assert.deepEqual([a.heard(), b.heard()], [['run'], ['run']]);
    assert.equal(room.store.statusOf(id), 'running');
    await a.say('ack_run', { job_id: id });
    await b.say('ack_run', { job_id: id });
    await a.say('succeeded', { job_id: id });
    await b.say('failed', { job_id: id });
    assert.equal(room.store.statusOf(id), 'complete');
    assert.deepEqual(room.store.nodesOf(id), { a: 'succeeded', b: 'failed' });
    assert.equal(room.feed.at(-1), 'job_complete(complete)');
    assert.deepEqual(room.complaints, []);
  });

  it('15.5 sends bodies with exactly these members, in this order, numbered from 1 per record', async () => {
    const a = await room.ready('a');
    const env = { A: 'b' };
    const options = { user: 'daemon', dir: '/tmp', env, file: 'raw:x', capture: true };
    const first = await room.start(['a'], options);
    await a.say('ack_commit', { job_id: first });
    const timestamp = formatHttpDate(room.clock.now());
    assert.deepEqual(
      a.received.map((message) => JSON.stringify(message)),
      [
        `{"sequence":2,"timestamp":"${timestamp}","type":"commit","job_id":"${first}",` +
          '"server":"push.example.com","command":"chef-client","user":"daemon","dir":"/tmp",' +
          '"env":{"A":"b"},"file":"raw:x","capture":true}',
        `{"sequence":3,"timestamp":"${timestamp}","type":"run","job_id":"${first}"}`,
      ],
    );
    const b = await room.ready('b');
    const second = await room.start(['b']);
    assert.equal(
      JSON.stringify(b.received[0]),
      `{"sequence":2,"timestamp":"${timestamp}","type":"commit","job_id":"${second}",` +
        '"server":"push.example.com","command":"chef-client","capture":false}',
    );
  });

  it('12.1 a refused commit fails the quorum', async () => {
    const a = await room.ready('a');
    const id = await room.start(['a']);
    await a.say('nack_commit', { job_id: id });
    assert.deepEqual(room.feed, ['start', 'quorum_vote(a failure)', 'job_complete(quorum_failed)']);
    assert.deepEqual(room.store.nodesOf(id), { a: 'nacked' });
    assert.deepEqual(a.heard(), ['commit']);
  });

  it('9.1 a node that nobody knows is down', async () => {
    const id = await room.start(['ghost']);
    assert.deepEqual(room.feed, [
      'start',
      'quorum_vote(ghost down)',
      'rehab(ghost)',
      'job_complete(quorum_failed)',
    ]);
    assert.equal(room.store.statusOf(id), 'quorum_failed');
    assert.deepEqual(room.store.nodesOf(id), { ghost: 'unavailable' });
  });

  it('8.3 the commits are sent and the absent nodes are settled when start resolves', async () => {
    const a = await room.ready('a');
    const before = room.clock.now();
    await room.dispatcher.jobs.start({
      id: 'a'.repeat(32),
      orgId: ORG_ID,
      orgName: 'acme',
      requester: 'ann',
      command: 'x',
      nodes: ['a', 'ghost'],
      quorum: 1,
      runTimeout: 10,
      capture: false,
      createdAt: before,
    });
    assert.deepEqual(a.heard(), ['commit']);
    assert.deepEqual(room.feed, ['start', 'quorum_vote(ghost down)', 'rehab(ghost)']);
  });

  it('N3 a node in rehab counts as down and gets no commit', async () => {
    const a = room.agent('a');
    await a.say('heartbeat');
    assert.deepEqual(a.heard(), ['abort']);
    assert.equal(available(room, 'a').availability, 'unavailable');
    const id = await room.start(['a']);
    assert.deepEqual(a.heard(), []);
    assert.deepEqual(room.store.nodesOf(id), { a: 'unavailable' });
  });

  it('9.1 run_nack: a node that refuses the run has failed and is reset', async () => {
    const a = await room.ready('a');
    const id = await room.start(['a']);
    await a.say('ack_commit', { job_id: id });
    await a.say('nack_run', { job_id: id });
    assert.deepEqual(a.heard(), ['commit', 'run', 'abort']);
    assert.deepEqual(room.feed.slice(3), [
      'rehab(a)',
      'run_complete(a run_nacked)',
      'job_complete(complete)',
    ]);
    assert.deepEqual(room.store.nodesOf(id), { a: 'failed' });
    assert.equal(available(room, 'a').availability, 'unavailable');
    await a.say('aborted', { job_id: id });
    assert.equal(available(room, 'a').availability, 'available');
    assert.equal(room.feed.at(-1), 'job_complete(complete)');
  });

  it('13 an agent that was restarted crashes its run: another incarnation', async () => {
    const a = await room.ready('a');
    const id = await room.start(['a']);
    await run(id, a);
    const again = room.agent('a', { incarnation: 'second-life' });
    await again.say('heartbeat');
    assert.deepEqual(again.heard(), ['ack']);
    assert.deepEqual(room.feed.slice(-3), [
      'rehab(a)',
      'run_complete(a crashed)',
      'job_complete(complete)',
    ]);
    assert.deepEqual(room.store.nodesOf(id), { a: 'crashed' });
    assert.equal(available(room, 'a').status, 'offline');
    await again.say('heartbeat');
    assert.deepEqual(again.received, [
      { sequence: 1, timestamp: formatHttpDate(room.clock.now()), type: 'abort' },
    ]);
    await again.say('aborted', { job_id: null });
    assert.deepEqual(available(room, 'a'), {
      node_name: 'a',
      status: 'online',
      availability: 'available',
    });
  });

  it('Decision 4: an agent that adopts its run comes with the incarnation of it, and goes on', async () => {
    const a = await room.ready('a');
    const id = await room.start(['a']);
    await run(id, a);
    const told = room.feed.length;
    await room.clock.advance(SETTINGS.heartbeatInterval);
    const again = room.agent('a', { incarnation: a.options.incarnation });
    for (let i = 0; i < 3; i++) await again.say('heartbeat', { job_state: 'running', job_id: id });
    assert.deepEqual(again.heard(), ['ack']);
    assert.equal(room.feed.length, told);
    await again.say('succeeded', { job_id: id });
    assert.deepEqual(room.store.nodesOf(id), { a: 'succeeded' });
    assert.deepEqual(room.feed.slice(told), ['run_complete(a success)', 'job_complete(complete)']);
  });

  it('J8 stops a run when run_timeout is over, whatever longer limit the agent has', async () => {
    const a = await room.ready('a');
    const id = await room.start(['a'], { runTimeout: 2 });
    await run(id, a);
    a.heard();
    const beat = () => a.say('heartbeat', { job_state: 'running', job_id: id });
    await beat();
    await room.clock.advance(1999);
    await beat();
    assert.deepEqual(a.heard(), []);
    await room.clock.advance(1);
    assert.deepEqual(a.heard(), ['abort']);
    assert.equal(room.feed.at(-1), 'job_complete(timed_out)');
    assert.deepEqual(room.store.nodesOf(id), { a: 'timed_out' });
    await a.say('aborted', { job_id: id });
  });

  it('J7 a stopped job ends aborted, with its nodes, when their agents say so', async () => {
    const [a, b] = [await room.ready('a'), await room.ready('b')];
    const id = await room.start(['a', 'b']);
    await run(id, a, b);
    await b.say('succeeded', { job_id: id });
    for (const agent of [a, b]) agent.heard();
    await room.dispatcher.jobs.stop(id);
    assert.deepEqual([a.heard(), b.heard()], [['abort'], []]);
    await room.clock.advance(SETTINGS.heartbeatInterval / 2);
    assert.equal(room.store.statusOf(id), 'running');
    await a.say('aborted', { job_id: id });
    assert.equal(room.store.statusOf(id), 'aborted');
    assert.deepEqual(room.store.nodesOf(id), { a: 'aborted', b: 'succeeded' });
    assert.deepEqual(room.feed.slice(-2), ['run_complete(a aborted)', 'job_complete(aborted)']);
  });

  it('14 a node that falls silent while it runs crashes, within 7 intervals', async () => {
    const [a, b] = [await room.ready('a'), await room.ready('b')];
    const id = await room.start(['a', 'b']);
    await run(id, a, b);
    for (let i = 0; i < 7; i++) {
      await room.clock.advance(SETTINGS.heartbeatInterval);
      await b.say('heartbeat', { job_state: 'running', job_id: id });
    }
    assert.equal(available(room, 'a').status, 'offline');
    assert.equal(available(room, 'b').status, 'online');
    assert.deepEqual(room.store.nodesOf(id), { a: 'crashed', b: 'running' });
    assert.equal(room.store.statusOf(id), 'running');
    await b.say('succeeded', { job_id: id });
    assert.equal(room.store.statusOf(id), 'complete');
  });

  it('12.1 a vote that never comes ends after the voting timeout', async () => {
    const a = await room.ready('a');
    const id = await room.start(['a']);
    await beatWhile(a, SETTINGS.votingTimeout);
    assert.equal(room.feed.at(-1), 'job_complete(quorum_failed)');
    assert.deepEqual(room.store.nodesOf(id), { a: 'unavailable' });
    assert.deepEqual(a.heard().slice(0, 2), ['commit', 'abort']);
  });

  it('12.2 a run that does not end is aborted after its timeout', async () => {
    const a = await room.ready('a');
    const id = await room.start(['a'], { runTimeout: 3 });
    await run(id, a);
    await beatWhile(a, 2999, { job_state: 'running', job_id: id });
    assert.equal(room.store.statusOf(id), 'running');
    await beatWhile(a, 1, { job_state: 'running', job_id: id });
    assert.equal(room.store.statusOf(id), 'timed_out');
    assert.deepEqual(room.store.nodesOf(id), { a: 'timed_out' });
    assert.deepEqual(a.heard(), ['commit', 'run', 'abort']);
    assert.equal(room.feed.at(-1), 'job_complete(timed_out)');
  });

  async function beatWhile(
    agent: SimulatedAgent,
    ms: number,
    more: Record<string, unknown> = {},
  ): Promise<void> {
    for (let left = ms; left > 0; left -= SETTINGS.heartbeatInterval) {
      await agent.say('heartbeat', more);
      await room.clock.advance(Math.min(left, SETTINGS.heartbeatInterval));
    }
  }

  it('13 a node on a new connection gets ack there, and its run goes on', async () => {
    const a = await room.ready('a');
    const id = await room.start(['a']);
    await run(id, a);
    const moved = room.agent('a');
    await moved.say('heartbeat', { job_state: 'running', job_id: id });
    assert.deepEqual(moved.received, [
      { sequence: 4, timestamp: formatHttpDate(room.clock.now()), type: 'ack' },
    ]);
    await moved.say('succeeded', { job_id: id });
    assert.equal(room.store.statusOf(id), 'complete');
    assert.deepEqual(room.store.nodesOf(id), { a: 'succeeded' });
  });

  it('J2 keeps the first of two outputs, and a second result changes nothing', async () => {
    const a = await room.ready('a');
    const id = await room.start(['a'], { capture: true });
    await run(id, a);
    await a.say('succeeded', { job_id: id, stdout: 'out', stderr: '' });
    await a.say('failed', { job_id: id, stdout: 'other', stderr: 'x' });
    await room.dispatcher.jobs.flushed();
    assert.equal(room.store.outputOf(id, 'a'), 'out|');
    assert.deepEqual(room.store.nodesOf(id), { a: 'succeeded' });
    assert.deepEqual(a.heard(), ['commit', 'run']);
  });

  it('Decision 14 keeps output only with capture, and only both streams', async () => {
    const [a, b] = [await room.ready('a'), await room.ready('b')];
    const plain = await room.start(['a']);
    await run(plain, a);
    await a.say('succeeded', { job_id: plain, stdout: 'out', stderr: 'err' });
    const captured = await room.start(['b'], { capture: true });
    await run(captured, b);
    await b.say('succeeded', { job_id: captured, stdout: 'out' });
    await room.dispatcher.jobs.flushed();
    assert.equal(room.store.outputOf(plain, 'a'), undefined);
    assert.equal(room.store.outputOf(captured, 'b'), undefined);
  });

  it('Decision 7 keeps output that comes late, though the node is settled', async () => {
    const a = await room.ready('a');
    const id = await room.start(['a'], { capture: true, runTimeout: 1 });
    await run(id, a);
    await room.clock.advance(1000);
    assert.equal(room.store.statusOf(id), 'timed_out');
    await a.say('failed', { job_id: id, stdout: 'late', stderr: '' });
    await room.dispatcher.jobs.flushed();
    assert.equal(room.store.outputOf(id, 'a'), 'late|');
    assert.deepEqual(room.store.nodesOf(id), { a: 'timed_out' });
  });

  it('Decision 5 a running node that says twice that it has no job has lost its result', async () => {
    const room = makeRoom();
    const [web1, web2] = [await room.ready('web1'), await room.ready('web2')];
    const id = await room.start(['web1', 'web2']);
    for (const agent of [web1, web2]) await agent.say('ack_commit', { job_id: id });
    for (const agent of [web1, web2]) await agent.say('ack_run', { job_id: id });
    await web1.say('heartbeat', { job_state: 'idle', job_id: null });
    assert.ok(!room.feed.includes('run_complete(web1 crashed)'), room.feed.join());
    await web1.say('heartbeat', { job_state: 'idle', job_id: null });
    assert.ok(room.feed.includes('run_complete(web1 crashed)'), room.feed.join());
    for (let beats = 0; beats < 3; beats++) {
      await web2.say('heartbeat', { job_state: 'running', job_id: id });
    }
    await web2.say('succeeded', { job_id: id });
    assert.ok(room.feed.includes('run_complete(web2 success)'), room.feed.join());
  });

  it('12 a finished job stays in memory for wait_complete_time, then its id is unknown', async () => {
    const a = await room.ready('a');
    const id = await room.start(['a']);
    await run(id, a);
    await a.say('succeeded', { job_id: id });
    assert.deepEqual(room.dispatcher.jobs.inMemory(), [id]);
    await a.say('succeeded', { job_id: id });
    assert.deepEqual(a.heard(), ['commit', 'run']);
    await beatWhile(a, SETTINGS.waitCompleteTime);
    assert.deepEqual(room.dispatcher.jobs.inMemory(), []);
    await a.say('succeeded', { job_id: id });
    assert.deepEqual(a.heard(), ['abort']);
  });

  it('Decision 8 a stopped job ends when its agents have aborted', async () => {
    const [a, b] = [await room.ready('a'), await room.ready('b')];
    const id = await room.start(['a', 'b']);
    await run(id, a, b);
    assert.equal(await room.dispatcher.jobs.stop(id), true);
    await room.clock.advance(0);
    assert.deepEqual([a.heard().at(-1), b.heard().at(-1)], ['abort', 'abort']);
    assert.equal(room.store.statusOf(id), 'running');
    await a.say('aborted', { job_id: id });
    await b.say('aborted', { job_id: id });
    assert.equal(room.store.statusOf(id), 'aborted');
    assert.deepEqual(room.store.nodesOf(id), { a: 'aborted', b: 'aborted' });
    assert.equal(room.feed.at(-1), 'job_complete(aborted)');
    assert.equal(await room.dispatcher.jobs.stop(id), false);
    assert.equal(await room.dispatcher.jobs.stop('nobody knows it'), false);
  });

  it('Decision 8 stops some nodes of a job, which goes on', async () => {
    const [a, b] = [await room.ready('a'), await room.ready('b')];
    const id = await room.start(['a', 'b'], { quorum: 1 });
    assert.equal(await room.dispatcher.jobs.stop(id, ['a']), true);
    await b.say('ack_commit', { job_id: id });
    assert.deepEqual(a.heard(), ['commit', 'abort']);
    await a.say('aborted', { job_id: id });
    assert.deepEqual(b.heard(), ['commit', 'run']);
    assert.deepEqual(room.store.nodesOf(id), { a: 'aborted', b: 'ready' });
  });
});

describe('unknown jobs (REFERENCE 12.3)', () => {
  let room: Room;
  let a: SimulatedAgent;
  beforeEach(async () => {
    room = makeRoom();
    a = await room.ready('a');
  });
  afterEach(() => room.dispatcher.stop());

  for (const jobId of [null, 'null', undefined, 'f'.repeat(32), 'x'.repeat(65)]) {
    it(`12.3 resets a node that answers for job ${jobId === undefined ? 'nothing' : JSON.stringify(jobId).slice(0, 12)}`, async () => {
      await a.say('nack_commit', { job_id: jobId });
      assert.deepEqual(a.heard(), ['abort']);
    });
  }

  it('12.3 an aborted for an unknown job resets nobody', async () => {
    await a.say('aborted', { job_id: 'f'.repeat(32) });
    assert.deepEqual(a.heard(), []);
    assert.equal(available(room, 'a').availability, 'available');
  });

  it('12.3 a heartbeat that names an unknown job resets the node; one without a job does not', async () => {
    await a.say('heartbeat', { job_state: 'idle', job_id: 'null' });
    assert.deepEqual(a.heard(), []);
    await a.say('heartbeat', { job_state: 'running', job_id: 'f'.repeat(32) });
    assert.deepEqual(a.heard(), ['abort']);
  });

  it('12.3 a nack for another job resets the node, and so crashes what it runs', async () => {
    const id = await room.start(['a']);
    await a.say('ack_commit', { job_id: id });
    await a.say('ack_run', { job_id: id });
    await a.say('nack_commit', { job_id: 'f'.repeat(32) });
    assert.deepEqual(a.heard(), ['commit', 'run', 'abort']);
    await a.say('aborted', { job_id: id });
    assert.deepEqual(room.store.nodesOf(id), { a: 'crashed' });
    assert.equal(room.store.statusOf(id), 'complete');
  });

  it('S5 a node that is not in the job cannot touch it and is reset', async () => {
    const b = await room.ready('b');
    const id = await room.start(['a']);
    await b.say('ack_commit', { job_id: id });
    await b.say('succeeded', { job_id: id, stdout: 'x', stderr: 'y' });
    assert.deepEqual(b.heard(), ['abort']);
    assert.deepEqual(room.feed, ['start']);
    assert.deepEqual(room.store.nodesOf(id), { a: 'new' });
    await a.say('ack_commit', { job_id: id });
    assert.deepEqual(a.heard(), ['commit', 'run']);
  });
});

describe('hostile frames', () => {
  let room: Room;
  beforeEach(() => {
    room = makeRoom();
  });
  afterEach(() => room.dispatcher.stop());

  const reasons = () => room.complaints.map(({ fields }) => fields['reason']);

  it('S4 a message signed with another key makes no record', async () => {
    const mallory = room.agent('mallory', { claims: 'a' });
    await mallory.say('heartbeat');
    assert.equal(room.dispatcher.presence.count(), 0);
    assert.deepEqual(mallory.heard(), []);
    assert.deepEqual(reasons(), ['bad_signature']);
  });

  it('S4 a node cannot act for another one on the connection of that one, nor take it over', async () => {
    const a = await room.ready('a');
    const b = room.agent('b', { address: a.options.address });
    await b.say('heartbeat');
    assert.deepEqual(reasons(), ['address_of_another_node']);
    assert.equal(available(room, 'b').status, 'offline');
    assert.equal(available(room, 'a').availability, 'available');
  });

  it('S4 a node on the old connection of an offline one gets nothing that is meant for that one', async () => {
    const a = await room.ready('a');
    await room.clock.advance(8000);
    assert.equal(available(room, 'a').status, 'offline');
    const b = room.agent('b', { address: a.options.address });
    await b.say('heartbeat');
    await b.say('aborted', { job_id: null });
    assert.deepEqual(b.heard(), ['abort']);
    const id = await room.start(['a']);
    await b.say('ack_commit', { job_id: id });
    assert.deepEqual(b.heard(), ['abort']);
    assert.deepEqual(room.store.nodesOf(id), { a: 'unavailable' });
  });

  const bad: [string, (a: SimulatedAgent) => Buffer[], string][] = [
    ['no frame', () => [], 'frame_count'],
    ['one frame', () => [Buffer.from('x')], 'frame_count'],
    ['three frames', (a) => [...sealed(a), Buffer.from('x')], 'frame_count'],
    ['a body that is not JSON', (a) => [sealed(a)[0], Buffer.from('{')], 'not_json'],
    ['a body that is a list', (a) => [sealed(a)[0], Buffer.from('[]')], 'not_json'],
    ['a header of noise', (a) => [Buffer.from('noise'), sealed(a)[1]], 'bad_header'],
    ['a header too long', (a) => [Buffer.alloc(2049), sealed(a)[1]], 'header_too_long'],
    ['a body too large', (a) => [sealed(a)[0], Buffer.alloc(65_537)], 'body_too_large'],
    ['no organization', (a) => sealed(a, { org: 7 }), 'no_sender'],
    ['no node', (a) => sealed(a, { node: '' }), 'no_sender'],
    ['an endless name', (a) => sealed(a, { node: 'n'.repeat(256) }), 'no_sender'],
    ['an unknown organization', (a) => sealed(a, { org: 'ghosts' }), 'unknown_organization'],
    ['an unknown type', (a) => sealed(a, { type: 'ready' }), 'unknown_message'],
    ['no type', (a) => sealed(a, { type: undefined }), 'unknown_message'],
    ['an old timestamp', (a) => sealed(a, { timestamp: ago(1000) }), 'clock_skew'],
    ['an ISO timestamp', (a) => sealed(a, { timestamp: '2026-01-01T00:00:00Z' }), 'bad_timestamp'],
  ];
  const ago = (s: number) => formatHttpDate(room.clock.now() - s * 1000);
  function sealed(a: SimulatedAgent, more = {}): [Buffer, Buffer] {
    const [header, body] = seal(a.body('heartbeat', more), { hmac_sha256: a.options.key });
    return [header, body];
  }
  for (const [what, make, reason] of bad) {
    it(`S6 drops ${what}, makes no record and answers nothing`, async () => {
      const a = room.agent('a');
      await a.frames(...make(a));
      assert.equal(room.dispatcher.presence.count(), 0);
      assert.deepEqual(a.heard(), []);
      assert.deepEqual(reasons(), [reason]);
    });
  }

  it('15.4 honours a message that is 100 s old', async () => {
    const a = room.agent('a');
    await a.say('heartbeat', { timestamp: ago(100) });
    assert.deepEqual(a.heard(), ['abort']);
  });

  it('S6 says once what it drops a thousand times, then how often', async () => {
    const several = ['a', 'b', 'c', 'd'].map((name) => room.agent(name));
    for (const agent of several) {
      for (let i = 0; i < 250; i++) await agent.frames(Buffer.from('x'));
    }
    assert.equal(room.complaints.length, 1);
    await room.clock.advance(10_000);
    await several[0]?.frames(Buffer.from('x'));
    assert.equal(room.complaints[1]?.fields['unsaid'], 999);
  });

  it('throttles a node that floods, drops what is above, and says so; the others are not touched', async () => {
    const [flood, other] = [await room.ready('flood'), await room.ready('other')];
    for (let i = 0; i < 2000; i++)
      await flood.say('heartbeat', { job_state: 'idle', job_id: null });
    assert.deepEqual(
      room.complaints.map(({ fields }) => [fields['reason'], fields['node']]),
      [['too_many_messages', 'flood']],
    );
    const id = await room.start(['other']);
    assert.deepEqual(other.heard().slice(-1), ['commit']);
    await other.say('ack_commit', { job_id: id });
    assert.deepEqual(other.heard(), ['run']);
    // A hundred a second go on, so that a node which floods for a moment is back at once.
    await room.clock.advance(1000);
    await flood.say('heartbeat', { job_state: 'idle', job_id: null });
    assert.equal(room.dispatcher.presence.get(ORG_ID, 'flood').availability, 'available');
  });

  it('asks a node again whose answer was dropped with its flood', async () => {
    const a = await room.ready('a');
    const beat = () => a.say('heartbeat', { job_state: 'idle', job_id: null });
    for (let i = 0; i < 400; i++) await beat();
    const id = await room.start(['a']);
    await a.say('ack_commit', { job_id: id });
    assert.deepEqual(a.heard(), ['commit']);
    await room.clock.advance(1000);
    await beat();
    assert.deepEqual(a.heard(), []);
    await beat();
    assert.deepEqual(a.heard(), ['commit']);
    await a.say('ack_commit', { job_id: id });
    assert.deepEqual(a.heard(), ['run']);
  });

  it('S7 a record that never beats is gone by the next scans', async () => {
    const a = room.agent('a');
    await a.say('aborted', { job_id: null });
    assert.equal(room.dispatcher.presence.count(), 1);
    await room.clock.advance(8000);
    assert.equal(room.dispatcher.presence.count(), 0);
  });

  it('Z1 drops a message that is signed with RSA', async () => {
    const a = room.agent('a');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = createPrivateKey(privateKey.export({ type: 'pkcs1', format: 'pem' }));
    await a.frames(...seal(a.body('heartbeat'), { rsa2048_sha1: key }));
    assert.deepEqual(reasons(), ['wrong_method']);
    assert.equal(room.dispatcher.presence.count(), 0);
  });

  it('Z4 drops a message that is played again on the same connection', async () => {
    const a = await room.ready('a');
    const id = await room.start(['a']);
    const nack = seal(a.body('nack_commit', { job_id: id }), { hmac_sha256: keyOf(ORG_ID, 'a') });
    await a.say('ack_commit', { job_id: id });
    await a.frames(...nack);
    assert.deepEqual(reasons(), ['old_sequence']);
    assert.deepEqual(a.heard(), ['commit', 'run']);
  });

  it('Z4 lets the sequence begin anew on another connection', async () => {
    const a = await room.ready('a');
    for (let i = 0; i < 5; i++) await a.say('heartbeat');
    await room.clock.advance(1000);
    const moved = room.agent('a');
    await moved.say('heartbeat');
    assert.deepEqual(moved.heard(), ['ack']);
    assert.deepEqual(room.complaints, []);
  });

  /** Frames that somebody has seen on the wire. */
  const seen = (a: SimulatedAgent, type: string, more = {}) =>
    seal(a.body(type, more), { hmac_sha256: a.options.key });

  it('Z4 S4 does not bind a node to the connection of somebody who plays its messages again', async () => {
    const a = await room.ready('a');
    const old = seen(a, 'heartbeat');
    await a.frames(...old);
    await room.clock.advance(1000);
    const now = seen(a, 'heartbeat');
    await a.frames(...now);
    const mallory = room.agent('a', { key: Buffer.alloc(32) });
    for (const frames of [old, now, old]) await mallory.frames(...frames);
    assert.deepEqual(reasons(), ['replayed']);
    const id = await room.start(['a']);
    assert.deepEqual([a.heard(), mallory.heard()], [['commit'], []]);
    await a.say('ack_commit', { job_id: id });
    assert.deepEqual(a.heard(), ['run']);
  });

  it('Z4 does not end a node for a heartbeat of its life before, played again', async () => {
    const earlier = room.agent('a', { incarnation: 'first-life' });
    const old = seen(earlier, 'heartbeat');
    await room.clock.advance(2000);
    await room.ready('a');
    await room.agent('a', { key: Buffer.alloc(32) }).frames(...old);
    assert.equal(available(room, 'a').availability, 'available');
    assert.deepEqual(reasons(), ['replayed']);
  });

  it('Decision 8: keeps what a stopped run had written, also when its job is gone from memory', async () => {
    const output = { stdout: 'out', stderr: 'err' };
    const a = await room.ready('a');
    const runs = async (capture: boolean): Promise<string> => {
      const id = await room.start(['a'], { capture, runTimeout: 10 });
      await a.say('ack_commit', { job_id: id });
      await a.say('ack_run', { job_id: id });
      return id;
    };
    const stopped = await runs(true);
    const stopping = room.dispatcher.jobs.stop(stopped);
    await room.clock.advance(1);
    await a.say('aborted', { job_id: stopped, ...output });
    await room.clock.advance(100);
    await stopping;
    assert.equal(room.store.outputOf(stopped, 'a'), 'out|err');
    assert.deepEqual(room.store.nodesOf(stopped), { a: 'aborted' });

    const late = await runs(true);
    await room.clock.advance(10_000);
    await room.clock.advance(SETTINGS.waitCompleteTime);
    const again = room.agent('a');
    await again.say('heartbeat', { job_state: 'running', job_id: late });
    await again.say('aborted', { job_id: late, ...output });
    await room.clock.advance(100);
    assert.equal(room.store.outputOf(late, 'a'), 'out|err');
    assert.deepEqual(room.store.nodesOf(late), { a: 'crashed' });
  });

  it('Decision 14: keeps no output of a stopped run whose job did not want it, or one stream alone', async () => {
    for (const [capture, output] of [
      [false, { stdout: 'out', stderr: 'err' }],
      [true, { stdout: 'out' }],
    ] as const) {
      const a = await room.ready(capture ? 'a' : 'b');
      const id = await room.start([a.name], { capture });
      await a.say('ack_commit', { job_id: id });
      await a.say('ack_run', { job_id: id });
      const stopping = room.dispatcher.jobs.stop(id);
      await room.clock.advance(1);
      await a.say('aborted', { job_id: id, ...output });
      await room.clock.advance(100);
      await stopping;
      assert.equal(room.store.outputOf(id, a.name), undefined);
      assert.deepEqual(room.store.nodesOf(id), { [a.name]: 'aborted' });
    }
  });

  it('says that two agents speak for one node, whichever clock is behind', async () => {
    for (const [node, skew] of [
      ['a', 0],
      ['b', 2000],
    ] as const) {
      const agents = ['first', 'second'].map((incarnation) => room.agent(node, { incarnation }));
      for (let beat = 0; beat < 10; beat++) {
        for (const [i, one] of agents.entries()) {
          const timestamp = formatHttpDate(room.clock.now() - i * skew);
          await one.say('heartbeat', { client: `host-${i}`, timestamp });
          await room.clock.advance(500);
        }
      }
    }
    const said = room.complaints.filter(({ message }) => message.startsWith('two agents'));
    assert.deepEqual(
      said.map(({ level, fields }) => ({ level, ...fields })),
      ['a', 'b'].map((node) => ({
        level: 'warn',
        orgId: ORG_ID,
        node,
        hosts: ['host-0', 'host-1'],
      })),
    );
  });

  it('Z4 makes no record of an offline node from its messages, while they would be young enough', async () => {
    const a = await room.ready('a');
    const old = [seen(a, 'heartbeat'), seen(a, 'aborted', { job_id: null })];
    for (const frames of old) await a.frames(...frames);
    await room.clock.advance(8000);
    assert.equal(available(room, 'a').status, 'offline');
    const mallory = room.agent('a', { key: Buffer.alloc(32) });
    for (const frames of old) await mallory.frames(...frames);
    assert.equal(available(room, 'a').status, 'offline');
    await room.clock.advance(700_000);
    await room.agent('a').say('heartbeat');
    assert.equal(available(room, 'a').status, 'online');
  });
});
