import assert from 'node:assert/strict';
import { makeLocalBus } from '../../../../server/src/bus/local.ts';
import type { FeedEvent } from '../../../../server/src/core/feed-event.ts';
import type { DispatcherDeps } from '../../../../server/src/dispatcher/dispatcher.ts';
import { makeFeedLog } from '../../../../server/src/feed-log.ts';
import {
  makeRoom,
  ORG_ID,
  SETTINGS,
  type Room,
  type SimulatedAgent,
} from '../../../helpers/dispatcher-room.ts';
import { turn } from '../../../helpers/fake-clock.ts';

describe('the dispatcher', () => {
  let room: Room;
  function open(more: Partial<DispatcherDeps> = {}): Room {
    room = makeRoom(more);
    return room;
  }
  afterEach(async () => {
    await room.dispatcher.stop();
    assert.equal(room.clock.waiting(), 0, 'no timer is left');
  });

  /** Feeds that hear of each event first. */
  function feedsThat(hear: (event: FeedEvent) => unknown): DispatcherDeps['feeds'] {
    const log = makeFeedLog({
      clock: { now: () => 0, after: () => () => undefined, every: () => () => undefined },
      log: { warn: () => undefined },
      store: { dropEvents: () => Promise.resolve(), pruneOrgEvents: () => Promise.resolve() },
      orgFeedExpiration: 60_000,
    });
    return {
      ...log,
      append: (job, event) => {
        hear(event);
        return log.append(job, event);
      },
    };
  }
  const messages = () => room.complaints.map(({ message }) => message);

  describe('presence', () => {
    it('8.7 N1 N2 lists tracked nodes of one organization, available in idle alone', async () => {
      const { dispatcher, ready, agent } = open();
      const a = await ready('a');
      await agent('b').say('heartbeat');
      assert.deepEqual(dispatcher.presence.list(ORG_ID), [
        { node_name: 'a', availability: 'available' },
        { node_name: 'b', availability: 'unavailable' },
      ]);
      await a.say('ack_run', { job_id: null });
      assert.equal(dispatcher.presence.list(ORG_ID)[0]?.availability, 'unavailable');
      assert.equal(dispatcher.presence.get(ORG_ID, 'a').availability, 'unavailable');
      assert.deepEqual(dispatcher.presence.list('another'), []);
      assert.equal(dispatcher.presence.count(), 2);
    });

    it('8.8 answers offline for a node of another organization', async () => {
      const { dispatcher, ready } = open();
      await ready('a');
      assert.deepEqual(dispatcher.presence.get('another', 'a'), {
        node_name: 'a',
        status: 'offline',
        availability: 'unavailable',
      });
    });
  });

  it('tells people what a node said in its last heartbeat, and since when it is there', async () => {
    const { dispatcher, ready, agent, clock } = open();
    const a = await ready('a');
    const since = clock.now();
    await clock.advance(500);
    await a.say('heartbeat', { job_state: 'running', job_id: 'x' });
    await agent('b').say('aborted', { job_id: null });
    assert.deepEqual(dispatcher.presence.heard(ORG_ID), [
      {
        node_name: 'a',
        status: 'online',
        availability: 'unavailable',
        since,
        lastHeartbeat: since + 500,
        jobState: 'running',
        jobId: 'x',
      },
      { node_name: 'b', status: 'online', availability: 'available', since: since + 500 },
    ]);
  });

  it('Decision 12 drops the messages of a node without an admission', async () => {
    let admitted = true;
    const { dispatcher, ready, agent, complaints } = open({ isAdmitted: () => admitted });
    const a = await ready('a');
    admitted = false;
    await a.say('ack_run', { job_id: null });
    await agent('b').say('heartbeat');
    assert.equal(dispatcher.presence.get(ORG_ID, 'a').availability, 'available');
    assert.equal(dispatcher.presence.count(), 1);
    assert.equal(complaints[0]?.fields['reason'], 'not_admitted');
  });

  it('N6 a removed node is unavailable at once and down to its jobs', async () => {
    const { dispatcher, ready, start, store } = open();
    const [a, b] = [await ready('a'), await ready('b')];
    const id = await start(['a', 'b'], { quorum: 1 });
    await b.say('ack_commit', { job_id: id });
    dispatcher.dropNode(ORG_ID, 'a');
    dispatcher.dropNode(ORG_ID, 'none');
    await turn();
    assert.equal(dispatcher.presence.get(ORG_ID, 'a').status, 'offline');
    assert.equal(store.nodesOf(id)['a'], 'unavailable');
    assert.deepEqual([a.heard(), b.heard()], [['commit'], ['commit', 'run']]);
  });

  it('Decision 9: tells a node that it is removed, where its agent wants to know', async () => {
    const { ready, dispatcher } = open({ knowsRemoval: (_orgId, node) => node === 'new' });
    const agents = [await ready('new'), await ready('old')];
    for (const { name } of agents) dispatcher.dropNode(ORG_ID, name);
    assert.deepEqual(
      agents.map((agent) => agent.heard()),
      [['removed'], []],
    );
  });

  it('N4 repeats an abort that is not answered, ever more seldom, until it is', async () => {
    const { clock, agent } = open();
    const a = agent('a');
    await a.say('heartbeat');
    const sent: number[] = [];
    for (let second = 1; second <= 12; second++) {
      await clock.advance(1000);
      await a.say('heartbeat');
      sent.push(a.heard().length);
    }
    // The waits: 1, 1, then always 2 s, with a random part of zero and a cap of four intervals.
    assert.deepEqual(sent, [2, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    await a.say('aborted', { job_id: null });
    await clock.advance(2000);
    assert.deepEqual(a.heard(), []);
  });

  it('15.5 tells the timeout of a job to nodes that asked for it; others get the bytes of the reference', async () => {
    const knowsTimeouts = (_orgId: string, node: string): boolean => node === 'new';
    const before = open({ knowsTimeouts });
    const nodes = [await before.ready('new'), await before.ready('old')];
    const id = await before.start(['new', 'old'], { runTimeout: 300 });
    const commit = `"type":"commit","job_id":"${id}","server":"${SETTINGS.serverName}","command":"chef-client","capture":false`;
    const tails = nodes.map(({ received }) => {
      const text = JSON.stringify(received[0]);
      return text.slice(text.indexOf('"type"'));
    });
    assert.deepEqual(tails, [`${commit},"run_timeout":300}`, `${commit}}`]);
    // So do commits that are repeated after a restart.
    await before.clock.advance(50);
    await before.dispatcher.stop();
    room = makeRoom({ knowsTimeouts }, before);
    room.dispatcher.jobs.resume(room.store.unfinished());
    const late = room.agent('new');
    for (let i = 0; i < 3; i++) {
      await room.clock.advance(SETTINGS.heartbeatInterval);
      await late.say('heartbeat');
    }
    const repeated = late.received.find(({ type }) => type === 'commit');
    assert.equal(repeated?.type === 'commit' && repeated.run_timeout, 300);
  });

  describe('start', () => {
    it('8.3 rejects with the error of the store and starts nothing', async () => {
      const { dispatcher, ready, start, store, feed } = open();
      const a = await ready('a');
      store.failure = new Error('away');
      await assert.rejects(start(['a']), store.failure);
      assert.deepEqual([a.heard(), feed, dispatcher.jobs.inMemory()], [[], [], []]);
      store.failure = undefined;
    });

    it('refuses an id that is in memory', async () => {
      const { start } = open();
      await start(['a'], { id: 'x' });
      await assert.rejects(start(['a'], { id: 'x' }), /was started before/);
    });

    it('does not wait for ever for a host of nodes that does not answer', async () => {
      const bus = makeLocalBus();
      const { clock, start } = open({
        bus: {
          publish: (channel, records) => {
            if (channel === 'jobs') bus.publish(channel, records);
          },
          subscribe: (channel, receive) => bus.subscribe(channel, receive),
        },
      });
      const started = start(['a']);
      await clock.advance(2000);
      await started;
      assert.deepEqual(messages(), ['the commits are not handed over yet']);
    });

    it('gives 32 hex characters as a new id (REFERENCE 10)', () => {
      assert.match(open().dispatcher.jobs.newId(ORG_ID), /^[0-9a-f]{32}$/);
    });
  });

  it('Decision 1 shows the end of a job only when it is durable', async () => {
    const { ready, start, store, shown, dispatcher } = open();
    const a = await ready('a');
    const id = await start(['a']);
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    store.gate = () => gate;
    await a.say('nack_commit', { job_id: id });
    await turn();
    assert.equal(shown.length, 0);
    release();
    await dispatcher.jobs.flushed();
    assert.equal(store.statusOf(id), 'quorum_failed');
    assert.deepEqual(shown, ['start', 'quorum_vote(a failure)', 'job_complete(quorum_failed)']);
    // With the end of the job, in one write.
    const last = store.batches.at(-1)!;
    assert.deepEqual(
      [last.jobs[0]?.status, last.events.at(-1)?.event.name, last.orgEvents.at(-1)?.event.name],
      ['quorum_failed', 'job_complete', 'job_complete'],
    );
  });

  it('Decision 2 a job whose end cannot be saved stays in memory until it is', async () => {
    const { ready, start, store, shown, dispatcher, clock } = open();
    const a = await ready('a');
    const id = await start(['a']);
    store.failure = new Error('away');
    await a.say('nack_commit', { job_id: id });
    await clock.advance(30_000);
    assert.deepEqual(dispatcher.jobs.inMemory(), [id]);
    assert.equal(shown.length, 0);
    store.failure = undefined;
    await clock.advance(2000);
    assert.equal(shown.at(-1), 'job_complete(quorum_failed)');
    await clock.advance(5000);
    assert.deepEqual(dispatcher.jobs.inMemory(), []);
  });

  describe('Decision 2, while the database is away', () => {
    const beat = async (agents: readonly SimulatedAgent[], ms: number, more = {}) => {
      for (let left = ms; left > 0; left -= 1000) {
        for (const agent of agents) await agent.say('heartbeat', more);
        await room.clock.advance(Math.min(left, 1000));
      }
    };

    it('starts no run phase, and the run timeout counts from its start', async () => {
      const { ready, start, store } = open();
      const [a, b] = [await ready('a'), await ready('b')];
      const id = await start(['a', 'b'], { quorum: 1, runTimeout: 20 });
      store.failure = new Error('away');
      for (const agent of [a, b]) await agent.say('ack_commit', { job_id: id });
      const committed = { job_state: 'committed', job_id: id };
      await beat([a, b], 15_000, committed);
      assert.deepEqual([a.heard(), b.heard()], [['commit'], ['commit']]);
      // Who is lost meanwhile is not started.
      room.dispatcher.dropNode(ORG_ID, 'b');
      store.failure = undefined;
      await beat([a], 2000, committed);
      assert.deepEqual([a.heard(), b.heard()], [['run'], []]);
      await a.say('ack_run', { job_id: id });
      const running = { job_state: 'running', job_id: id };
      await beat([a], 17_000, running);
      assert.equal(store.statusOf(id), 'running');
      await beat([a], 3000, running);
      assert.equal(store.statusOf(id), 'timed_out');
    });

    it('starts nobody for whom the job was stopped meanwhile', async () => {
      const { ready, start, store, dispatcher, clock } = open();
      const a = await ready('a');
      const id = await start(['a']);
      store.failure = new Error('away');
      await a.say('ack_commit', { job_id: id });
      await assert.rejects(dispatcher.jobs.stop(id), /could not be saved/);
      store.failure = undefined;
      await clock.advance(2000);
      assert.ok(!a.heard().includes('run'));
      await a.say('aborted', { job_id: id });
      assert.equal(store.statusOf(id), 'aborted');
    });

    it('gives the vote as much longer as the database was away', async () => {
      const { ready, start, store, clock } = open();
      const [a, b] = [await ready('a'), await ready('b')];
      const id = await start(['a', 'b']);
      store.failure = new Error('away');
      await a.say('ack_commit', { job_id: id });
      await beat([a, b], 70_000, { job_state: 'idle', job_id: id });
      store.failure = undefined;
      await beat([a, b], 50_000, { job_state: 'idle', job_id: id });
      assert.equal(store.statusOf(id), 'voting');
      await beat([a, b], 15_000, { job_state: 'idle', job_id: id });
      assert.equal(store.statusOf(id), 'quorum_failed');
      await clock.advance(5000);
    });

    it('settles a job of which nobody knows whether it was stored: it never runs', async () => {
      const { ready, start, store, clock } = open();
      const a = await ready('a');
      const createJob = store.createJob.bind(store);
      const stored: string[] = [];
      store.createJob = async (job) => {
        await createJob(job);
        stored.push(job.id);
        store.failure = new Error('the answer was lost');
        throw store.failure;
      };
      await assert.rejects(start(['a']), /the answer was lost/);
      const [id = ''] = stored;
      await clock.advance(1000);
      assert.equal(store.statusOf(id), 'voting');
      store.failure = undefined;
      await clock.advance(2000);
      assert.deepEqual([store.statusOf(id), store.nodesOf(id)], ['crashed', { a: 'unavailable' }]);
      assert.deepEqual([store.unfinished(), a.heard()], [[], []]);
    });

    it('takes no new job, and asks the database for nothing', async () => {
      const { ready, start, store, clock } = open();
      const a = await ready('a');
      const id = await start(['a']);
      store.failure = new Error('away');
      await a.say('ack_commit', { job_id: id });
      let asked = 0;
      store.createJob = () => {
        asked += 1;
        return Promise.resolve();
      };
      await assert.rejects(start(['a']), /could not be saved/);
      assert.equal(asked, 0);
      store.failure = undefined;
      await clock.advance(1000);
      await start(['a']);
      assert.equal(asked, 1);
    });

    it('keeps the results that arrive, and saves them when it is back', async () => {
      const { ready, start, store, clock } = open();
      const a = await ready('a');
      const id = await start(['a'], { capture: true });
      await a.say('ack_commit', { job_id: id });
      await a.say('ack_run', { job_id: id });
      store.failure = new Error('away');
      await a.say('succeeded', { job_id: id, stdout: 'out', stderr: '' });
      await clock.advance(10_000);
      store.failure = undefined;
      await clock.advance(2000);
      assert.deepEqual([store.outputOf(id, 'a'), store.statusOf(id)], ['out|', 'complete']);
    });
  });

  describe('Decision 8', () => {
    it('a stop is durable when it is answered', async () => {
      const { ready, start, store, dispatcher } = open();
      await ready('a');
      const id = await start(['a']);
      let release = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      store.gate = () => gate;
      let answered = false;
      const stopping = dispatcher.jobs.stop(id).then(() => (answered = true));
      await turn();
      assert.equal(answered, false);
      release();
      await stopping;
      assert.equal(store.unfinished()[0]?.stopped, true);
    });

    it('a stop of some nodes names those that it concerns, and none where there are none', async () => {
      const { ready, start, store, dispatcher } = open();
      const [a] = [await ready('a'), await ready('b')];
      const id = await start(['a', 'b']);
      await a.say('nack_commit', { job_id: id });
      assert.equal(await dispatcher.jobs.stop(id, ['a', 'stranger']), true);
      assert.equal(await dispatcher.jobs.stop(id, ['b', 'a']), true);
      const stops = store.batches.flatMap((batch) => batch.stops);
      assert.deepEqual(stops, [{ jobId: id, nodes: ['b'] }]);
    });

    it('the last vote and a stop count in the order in which they come', async () => {
      const { ready, start, dispatcher, feed } = open();
      const a = await ready('a');
      const first = await start(['a']);
      const stopping = dispatcher.jobs.stop(first);
      await a.say('ack_commit', { job_id: first });
      await stopping;
      assert.deepEqual(a.heard(), ['commit', 'abort']);
      await a.say('aborted', { job_id: first });
      assert.equal(feed.at(-1), 'job_complete(aborted)');
      const second = await start(['a']);
      await a.say('ack_commit', { job_id: second });
      await dispatcher.jobs.stop(second);
      await turn();
      assert.deepEqual(a.heard(), ['commit', 'run', 'abort']);
    });

    it('a deleted job leaves memory at once; one in flight, or not durable, does not', async () => {
      const { ready, start, dispatcher, clock } = open();
      const a = await ready('a');
      const id = await start(['a']);
      dispatcher.jobs.forget(id);
      dispatcher.jobs.forget('nobody knows it');
      assert.deepEqual(dispatcher.jobs.inMemory(), [id]);
      await a.say('nack_commit', { job_id: id });
      assert.deepEqual(dispatcher.jobs.inMemory(), [id]);
      dispatcher.jobs.forget(id);
      assert.deepEqual(dispatcher.jobs.inMemory(), []);
      await clock.advance(0);
      await a.say('ack_run', { job_id: id });
      assert.deepEqual(a.heard(), ['commit', 'abort']);
    });
  });

  describe('a failure of ours', () => {
    it('J3 at one job ends that job crashed, with its nodes settled and reset', async () => {
      const feed: string[] = [];
      const { ready, start, store } = open({
        feeds: feedsThat((event) => {
          if (event.name === 'quorum_succeeded') throw new Error('bug');
          feed.push(event.name);
        }),
      });
      const a = await ready('a');
      const id = await start(['a']);
      await a.say('ack_commit', { job_id: id });
      await turn();
      assert.equal(store.statusOf(id), 'crashed');
      assert.deepEqual(store.nodesOf(id), { a: 'crashed' });
      assert.deepEqual(a.heard(), ['commit', 'abort']);
      assert.deepEqual(feed, ['start', 'quorum_vote', 'job_complete']);
      assert.deepEqual(messages(), ['the job could not go on']);
    });

    it('at the feed of a job that ends is logged', async () => {
      const { start, dispatcher, clock, store } = open({
        feeds: feedsThat((event) => {
          if (event.name === 'job_complete') throw new Error('bug');
        }),
      });
      const id = await start(['ghost']);
      assert.deepEqual(messages(), ['the end of the job could not be shown']);
      await clock.advance(5000);
      assert.deepEqual([dispatcher.jobs.inMemory(), store.statusOf(id)], [[], 'quorum_failed']);
    });

    it('N6 at one node ends its record, tells its jobs, and leaves the others alone', async () => {
      let broken = false;
      const sent: string[] = [];
      const { ready, start, store, dispatcher } = open({
        sender: {
          isBehind: () => false,
          send: (address) => {
            if (broken && address[4] === 1) throw new Error('bug');
            sent.push(address.toString('hex'));
          },
        },
      });
      await ready('a');
      const b = await ready('b');
      const id = await start(['a', 'b'], { quorum: 1 });
      broken = true;
      sent.length = 0;
      const again = await start(['a', 'b'], { quorum: 1 });
      await dispatcher.jobs.flushed();
      assert.deepEqual(store.nodesOf(again), { a: 'unavailable', b: 'new' });
      assert.deepEqual(store.nodesOf(id), { a: 'unavailable', b: 'new' });
      assert.equal(dispatcher.presence.get(ORG_ID, 'a').status, 'offline');
      assert.deepEqual(sent, [b.options.address.toString('hex')]);
      assert.deepEqual(messages(), ['the node could not be served']);
    });

    it('S6 at a key drops the message, whatever it was', async () => {
      const { agent, dispatcher } = open({
        sessionKeys: {
          of: () => {
            throw new Error('bug');
          },
        },
      });
      await agent('a').say('heartbeat');
      assert.equal(dispatcher.presence.count(), 0);
      assert.deepEqual(messages(), ['a message could not be read']);
    });
  });

  describe('fences', () => {
    it('a host of nodes ignores commands of an older lease than the one that it works for', async () => {
      const bus = makeLocalBus();
      const { ready, start } = open({ bus });
      const a = await ready('a');
      const jobId = await start(['a']);
      bus.publish('nodes', [{ kind: 'reset', jobId, orgId: ORG_ID, nodes: ['a'], fence: 0 }]);
      await turn();
      assert.deepEqual(a.heard(), ['commit']);
      bus.publish('nodes', [{ kind: 'reset', jobId, orgId: ORG_ID, nodes: ['a'], fence: 2 }]);
      await turn();
      assert.deepEqual(a.heard(), ['abort']);
    });

    it('a host of jobs ignores reports for another lease, or for a job that it does not hold', async () => {
      const bus = makeLocalBus();
      const { ready, start, feed } = open({ bus });
      await ready('a');
      const jobId = await start(['a']);
      bus.publish('jobs', [
        { kind: 'ack_commit', jobId, node: 'a', fence: 0 },
        { kind: 'ack_commit', jobId: 'another', node: 'a', fence: 1 },
      ]);
      await turn();
      assert.deepEqual(feed, ['start']);
    });
  });

  describe('stop', () => {
    it('saves what is left, then takes no more frames, jobs or timers', async () => {
      const { ready, start, store, dispatcher, clock } = open();
      const a = await ready('a');
      const id = await start(['a', 'b'], { quorum: 1 });
      await a.say('ack_commit', { job_id: id });
      await a.say('ack_run', { job_id: id });
      await dispatcher.stop();
      assert.deepEqual(store.nodesOf(id), { a: 'running', b: 'unavailable' });
      a.heard();
      await a.say('succeeded', { job_id: id });
      await assert.rejects(start(['a']), /stored but not started/);
      await clock.advance(3_600_000);
      assert.deepEqual([a.heard(), store.statusOf(id)], [[], 'running']);
    });

    it('ends a start that still waits', async () => {
      const { start, dispatcher } = open({
        bus: { publish: () => undefined, subscribe: () => () => undefined },
      });
      const started = start(['a']);
      await turn();
      await dispatcher.stop();
      await started;
    });

    it('ends while a job waits for the store, and shows its end without a later timer', async () => {
      const { start, dispatcher, store, shown, clock } = open();
      store.failure = new Error('away');
      store.createJob = () => Promise.resolve();
      await start(['ghost']);
      assert.equal(shown.length, 0);
      store.failure = undefined;
      await dispatcher.stop();
      await turn();
      assert.equal(shown.at(-1), 'job_complete(quorum_failed)');
      assert.equal(clock.waiting(), 0);
    });
  });

  it('asks the directory for an organization that is not known yet, and loses no message', async () => {
    let known: string | undefined;
    let answer = (): void => undefined;
    const { agent, dispatcher } = open({
      organizations: {
        known: () => known,
        resolve: () =>
          new Promise((resolve) => {
            answer = () => {
              known = ORG_ID;
              resolve(known);
            };
          }),
      },
    });
    const a = agent('a', { org: 'late' });
    await a.say('heartbeat');
    await a.say('heartbeat');
    assert.equal(dispatcher.presence.count(), 0);
    answer();
    await turn();
    assert.deepEqual(a.heard(), ['abort']);
    await a.say('aborted', { job_id: null });
    assert.equal(dispatcher.presence.get(ORG_ID, 'a').availability, 'available');
    assert.deepEqual(room.complaints, []);
  });
});
