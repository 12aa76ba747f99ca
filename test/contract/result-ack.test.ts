import assert from 'node:assert/strict';
import {
  makeRoom,
  ORG_ID,
  SETTINGS,
  type Room,
  type SimulatedAgent,
} from '../helpers/dispatcher-room.ts';

/** Node `old` speaks the protocol of the reference alone. */
const acknowledges = (_orgId: string, node: string): boolean => node !== 'old';

describe('the acknowledgement of results (Decision 5)', () => {
  let room: Room;
  let a: SimulatedAgent;
  beforeEach(async () => {
    room = makeRoom({ acknowledges });
    a = await room.ready('a');
  });
  afterEach(async () => {
    await room.dispatcher.stop();
    assert.equal(room.clock.waiting(), 0, 'no timer is left');
  });
  /** Available again after it was not heard for a while. */
  const back = async (agent: SimulatedAgent): Promise<void> => {
    await agent.say('heartbeat');
    await agent.say('aborted', { job_id: null });
    agent.heard();
  };
  const saved = (): Promise<void> => room.clock.advance(50);

  async function runOn(agent: SimulatedAgent, more = {}): Promise<string> {
    const id = await room.start([agent.name], more);
    await agent.say('ack_commit', { job_id: id });
    await agent.say('ack_run', { job_id: id });
    agent.received.length = 0;
    return id;
  }

  it('comes when the result is durable, not before, and names the job', async () => {
    const id = await runOn(a, { capture: true });
    room.store.failure = new Error('away');
    await a.say('succeeded', { job_id: id, stdout: 'out', stderr: '' });
    await room.clock.advance(1000);
    assert.equal(a.received.length, 0);
    room.store.failure = undefined;
    await room.clock.advance(2000);
    assert.equal(room.store.outputOf(id, 'a'), 'out|');
    assert.equal(a.received.length, 1);
    const { sequence, timestamp } = a.received[0] ?? {};
    assert.equal(
      JSON.stringify(a.received),
      JSON.stringify([{ sequence, timestamp, type: 'result_ack', job_id: id }]),
    );
  });

  it('comes for each time that the result comes, which changes nothing any more', async () => {
    const [b] = [await room.ready('b')];
    const id = await room.start(['a', 'b']);
    for (const agent of [a, b]) await agent.say('ack_commit', { job_id: id });
    for (const agent of [a, b]) await agent.say('ack_run', { job_id: id });
    a.heard();
    for (let i = 0; i < 3; i++) {
      await a.say('succeeded', { job_id: id });
      await saved();
    }
    assert.deepEqual(a.heard(), ['result_ack', 'result_ack', 'result_ack']);
    assert.equal(room.feed.filter((text) => text.startsWith('run_complete')).length, 1);
  });

  it('never comes to an agent that did not ask for it', async () => {
    const old = await room.ready('old');
    const id = await runOn(old);
    await old.say('succeeded', { job_id: id });
    await saved();
    assert.equal(room.store.statusOf(id), 'complete');
    assert.deepEqual(old.heard(), []);
  });

  it('comes for a result of a node that its job has given up', async () => {
    const id = await runOn(a, { capture: true, runTimeout: 1 });
    await room.clock.advance(1000);
    assert.deepEqual(a.heard(), ['abort']);
    await a.say('aborted', { job_id: id });
    await a.say('failed', { job_id: id, stdout: 'late', stderr: '' });
    await saved();
    assert.deepEqual(a.heard(), ['result_ack']);
    assert.equal(room.store.outputOf(id, 'a'), 'late|');
    assert.deepEqual(room.store.nodesOf(id), { a: 'timed_out' });
  });

  it('Decision 7 keeps output that comes when its job has left memory, where there was none', async () => {
    const id = await runOn(a, { capture: true, runTimeout: 1 });
    await room.clock.advance(1000);
    await a.say('aborted', { job_id: id });
    await room.clock.advance(SETTINGS.waitCompleteTime);
    assert.deepEqual(room.dispatcher.jobs.inMemory(), []);
    await back(a);
    for (const stdout of ['late', 'later']) {
      await a.say('succeeded', { job_id: id, stdout, stderr: '' });
      await saved();
    }
    assert.equal(room.store.outputOf(id, 'a'), 'late|');
    assert.deepEqual(a.heard(), ['result_ack', 'result_ack']);
    assert.deepEqual(room.store.nodesOf(id), { a: 'timed_out' });
  });

  it('Decision 7 keeps late output of an old agent too, and resets it as ever (12.3)', async () => {
    const old = await room.ready('old');
    const id = await runOn(old, { capture: true, runTimeout: 1 });
    await room.clock.advance(1000);
    await old.say('aborted', { job_id: id });
    await room.clock.advance(SETTINGS.waitCompleteTime);
    await back(old);
    await old.say('failed', { job_id: id, stdout: '', stderr: 'late' });
    await saved();
    assert.equal(room.store.outputOf(id, 'old'), '|late');
    assert.deepEqual(old.heard(), ['abort']);
  });

  it('comes for a job that nobody knows, and resets nobody', async () => {
    await a.say('succeeded', { job_id: 'f'.repeat(32) });
    await a.say('succeeded', { job_id: 'f'.repeat(32), stdout: 'x', stderr: '' });
    await saved();
    assert.deepEqual(a.heard(), ['result_ack', 'result_ack']);
    assert.deepEqual(
      room.store.batches.flatMap(({ outputs }) => outputs),
      [],
    );
  });

  it('S5 keeps no output of a node that is not in the job, of another organization neither', async () => {
    const id = await runOn(a, { capture: true });
    await a.say('succeeded', { job_id: id });
    const b = await room.ready('b');
    await b.say('succeeded', { job_id: id, stdout: 'x', stderr: 'y' });
    await saved();
    assert.deepEqual(b.heard(), ['result_ack']);
    assert.equal(room.store.outputOf(id, 'b'), undefined);
    assert.equal(await room.store.wantsOutput('another', id, 'a'), false);
  });

  it('resets a node whose result names no job', async () => {
    await a.say('succeeded', { job_id: null });
    assert.deepEqual(a.heard(), ['abort']);
  });

  it('Decision 2 does not come for late output while the database is away', async () => {
    const id = await runOn(a, { capture: true });
    await a.say('succeeded', { job_id: id });
    await room.clock.advance(SETTINGS.waitCompleteTime + 100);
    await back(a);
    room.store.failure = new Error('away');
    await a.say('succeeded', { job_id: id, stdout: 'x', stderr: '' });
    await saved();
    assert.deepEqual(a.heard(), []);
    assert.equal(room.complaints.at(-1)?.message, 'a late result could not be kept');
    room.store.failure = undefined;
    await a.say('succeeded', { job_id: id, stdout: 'x', stderr: '' });
    await saved();
    assert.deepEqual(a.heard(), ['result_ack']);
    assert.equal(room.store.outputOf(id, 'a'), 'x|');
  });

  it('does not come to a node that is gone meanwhile', async () => {
    const id = await runOn(a, { capture: true });
    room.store.failure = new Error('away');
    await a.say('succeeded', { job_id: id, stdout: 'x', stderr: '' });
    room.dispatcher.dropNode(ORG_ID, 'a');
    room.store.failure = undefined;
    await room.clock.advance(1000);
    assert.deepEqual(a.heard(), []);
  });
});
