import assert from 'node:assert/strict';
import type { JobChanges } from '../../../../server/src/core/job-record.ts';
import { changesOf } from '../../../../server/src/dispatcher/split-changes.ts';
import { makeSaver, NotDurableError, type Saver } from '../../../../server/src/dispatcher/saver.ts';
import { makeFakeClock, turn, type FakeClock } from '../../../helpers/fake-clock.ts';
import { makeMemoryStore, type MemoryStore } from '../../../helpers/memory-store.ts';

describe('the writer of changes', () => {
  let clock: FakeClock;
  let store: MemoryStore;
  let said: string[];
  let lines: { message: string; fields: Record<string, unknown> }[];
  let shown: string[];
  let broken: boolean;
  let saver: Saver;
  beforeEach(() => {
    clock = makeFakeClock();
    store = makeMemoryStore();
    said = [];
    lines = [];
    const say = (fields: object, message: string) => {
      said.push(message);
      lines.push({ message, fields: { ...fields } });
    };
    shown = [];
    broken = false;
    const feeds = {
      shown: (events: JobChanges['events'], orgEvents: JobChanges['orgEvents']) => {
        for (const { seq } of events) shown.push(`job-${seq}`);
        for (const { seq } of orgEvents) shown.push(`org-${seq}`);
        if (broken) throw new Error('bug');
      },
    };
    saver = makeSaver({
      clock,
      store,
      feeds,
      log: { debug: say, info: say, warn: say, error: say },
    });
  });

  const output = (node: string, stdout: string) => ({ jobId: 'j', node, stdout, stderr: '' });
  /** Holds the next writes up until the answer is called. */
  function hold(): () => void {
    let release = (): void => undefined;
    const open = new Promise<void>((resolve) => (release = resolve));
    store.gate = () => open;
    return release;
  }

  it('writes the newest status of each node once, 50 ms after the first change', async () => {
    saver.nodes('j', ['a', 'b'], 'ready');
    await clock.advance(30);
    saver.nodes('j', ['a'], 'running');
    await clock.advance(19);
    assert.equal(store.batches.length, 0);
    await clock.advance(1);
    assert.deepEqual(
      store.batches[0]?.nodes.map(({ node, status }) => `${node} ${status}`),
      ['a running', 'b ready'],
    );
    await clock.advance(1000);
    assert.equal(store.batches.length, 1);
  });

  it('writes at once when a phase has changed', async () => {
    saver.job('j', 'running');
    saver.flush();
    await turn();
    assert.deepEqual(store.batches[0]?.jobs, [{ jobId: 'j', status: 'running', at: clock.now() }]);
    assert.equal(clock.waiting(), 0);
  });

  it('has one write at a time; what comes meanwhile is one more', async () => {
    const release = hold();
    saver.nodes('j', ['a'], 'ready');
    saver.flush();
    for (const node of ['b', 'c', 'd']) {
      saver.nodes('j', [node], 'ready');
      saver.flush();
    }
    await turn();
    assert.equal(store.batches.length, 0);
    release();
    await turn();
    assert.deepEqual(
      store.batches.map((batch) => batch.nodes.length),
      [1, 3],
    );
  });

  it('Decision 1 flushed resolves when everything so far is durable, not before', async () => {
    await saver.flushed();
    const release = hold();
    let durable = false;
    saver.nodes('j', ['a'], 'ready');
    const flushed = saver.flushed().then(() => (durable = true));
    await turn();
    assert.equal(durable, false);
    release();
    await flushed;
    assert.equal(store.batches.length, 1);
    assert.equal(clock.waiting(), 0);
  });

  it('flushed waits for changes that came during a write', async () => {
    const release = hold();
    saver.nodes('j', ['a'], 'ready');
    saver.flush();
    saver.nodes('j', ['b'], 'ready');
    const flushed = saver.flushed();
    release();
    await flushed;
    assert.deepEqual(
      store.batches.map((batch) => batch.nodes[0]?.node),
      ['a', 'b'],
    );
  });

  it('Decision 2 keeps changes while the store fails, tries again later and later, loses none', async () => {
    store.failure = new Error('away');
    saver.nodes('j', ['a', 'b'], 'running');
    saver.job('j', 'running');
    saver.output(output('a', 'x'));
    saver.flush();
    await turn();
    saver.nodes('j', ['a'], 'succeeded');
    saver.job('j', 'complete');
    saver.flush();
    await clock.advance(10_000);
    const complaints = said.length;
    assert.ok(complaints >= 6 && complaints <= 12, `${complaints} tries in 10 s`);
    store.failure = undefined;
    await clock.advance(2000);
    assert.equal(store.batches.length, 1);
    const batch = store.batches[0]!;
    assert.deepEqual(
      batch.nodes.map(({ node, status }) => `${node} ${status}`),
      ['a succeeded', 'b running'],
    );
    assert.deepEqual(
      batch.jobs.map(({ status }) => status),
      ['complete'],
    );
    assert.equal(batch.outputs.length, 1);
    assert.equal(said.at(-1), 'changes are saved again');
  });

  it('Decision 2 tells a reader at once that the store fails, and keeps the end of a job waiting', async () => {
    store.failure = new Error('away');
    saver.job('j', 'complete');
    let durable = false;
    const end = saver.durable().then(() => (durable = true));
    await assert.rejects(saver.flushed(), /could not be saved/);
    await assert.rejects(saver.flushed(), NotDurableError);
    await clock.advance(500);
    assert.equal(durable, false);
    store.failure = undefined;
    await clock.advance(2000);
    await end;
    assert.equal(store.statusOf('j'), undefined);
    await saver.durable();
  });

  it('flushed gives up on a store that does not answer', async () => {
    const release = hold();
    saver.job('j', 'complete');
    const flushed = assert.rejects(saver.flushed(), (error: unknown) => {
      return error instanceof NotDurableError && /did not answer in time/.test(error.message);
    });
    await clock.advance(5000);
    await flushed;
    release();
    await turn();
    assert.equal(store.batches.length, 1);
  });

  it('splits much output into several writes, statuses with the last', async () => {
    const large = 'x'.repeat(5 * 1024 * 1024);
    for (const node of ['a', 'b', 'c']) saver.output(output(node, large));
    saver.nodes('j', ['a', 'b', 'c'], 'succeeded');
    await saver.flushed();
    assert.deepEqual(
      store.batches.map(({ outputs, nodes }) => [outputs.length, nodes.length]),
      [
        [1, 0],
        [1, 0],
        [1, 3],
      ],
    );
  });

  it('says so when too much output waits, and keeps the statuses', async () => {
    const release = hold();
    const large = 'x'.repeat(100 * 1024 * 1024);
    for (const node of ['a', 'b', 'c']) saver.output(output(node, large));
    saver.nodes('j', ['c'], 'succeeded');
    assert.deepEqual(said, ['output is lost: too much is waiting to be saved']);
    release();
    await saver.flushed();
    assert.deepEqual(
      store.batches.flatMap(({ outputs }) => outputs.map(({ node }) => node)),
      ['a', 'b'],
    );
    saver.output(output('d', large));
    await saver.flushed();
    assert.equal(said.length, 1);
  });

  describe('events', () => {
    const vote = (seq: number) =>
      ({
        jobId: 'j',
        seq,
        at: seq,
        event: { name: 'quorum_vote', data: { node: 'a', status: 'success' } },
      }) as const;
    const end = (seq: number, orgSeq: number) => {
      const event = { name: 'job_complete', data: { status: 'complete' } } as const;
      const place = { jobId: 'j', at: seq, event };
      return [
        { ...place, seq },
        { ...place, orgId: 'o', seq: orgSeq },
      ] as const;
    };

    it('Decision 1 are shown when their batch is durable, before those who wait for it go on', async () => {
      const release = hold();
      saver.event(vote(1));
      saver.job('j', 'complete');
      saver.event(...end(2, 1));
      saver.flush();
      const durable = saver.durable().then(() => shown.push('durable'));
      await turn();
      assert.deepEqual(shown, []);
      release();
      await durable;
      assert.deepEqual(shown, ['job-1', 'job-2', 'org-1', 'durable']);
      assert.deepEqual(
        store.batches.map(({ jobs, events, orgEvents }) => [
          jobs.length,
          events.length,
          orgEvents.length,
        ]),
        [[1, 2, 1]],
      );
    });

    it('that cannot be shown keep nobody waiting', async () => {
      broken = true;
      saver.event(vote(1));
      await saver.durable();
      assert.deepEqual([shown, said], [['job-1'], ['events could not be shown']]);
    });

    it('Decision 2 keep their order when a write failed', async () => {
      store.failure = new Error('away');
      saver.event(vote(1));
      saver.flush();
      await turn();
      saver.event(vote(2));
      saver.event(...end(3, 1));
      store.failure = undefined;
      await clock.advance(2000);
      assert.deepEqual(shown, ['job-1', 'job-2', 'job-3', 'org-1']);
    });

    it('go with the last output, never before it', async () => {
      const large = 'x'.repeat(5 * 1024 * 1024);
      saver.event(vote(1));
      for (const node of ['a', 'b']) saver.output(output(node, large));
      await saver.flushed();
      assert.deepEqual(
        store.batches.map(({ outputs, events }) => [outputs.length, events.length]),
        [
          [1, 0],
          [1, 1],
        ],
      );
    });

    it('are bounded while the store is away; the end of a job always finds room', async () => {
      const release = hold();
      saver.event(vote(0));
      saver.flush();
      for (let seq = 1; seq <= 200_001; seq += 1) saver.event(vote(seq));
      saver.event(...end(200_001, 1));
      assert.deepEqual(said, ['an event is lost: too many are waiting to be saved']);
      release();
      await saver.flushed();
      assert.deepEqual(
        store.batches.map(({ events }) => events.length),
        [1, 200_001],
      );
      assert.deepEqual(shown.slice(-2), ['job-200001', 'org-1']);
    });
  });

  describe('where the store refuses a batch for ever', () => {
    const isBad = (change: { node?: string; jobId: string }) =>
      change.node === 'bad' || change.jobId === 'bad';
    const refuseBad = (): void => {
      store.refusal = ({ outputs, nodes, jobs, events, orgEvents, stops }) =>
        [...outputs, ...nodes, ...jobs, ...events, ...orgEvents, ...stops].some(isBad);
    };
    const writtenNodes = () =>
      store.batches.flatMap(({ nodes }) => nodes.map(({ jobId, node }) => `${jobId} ${node}`));
    const lost = () =>
      lines.filter(({ message }) => message.startsWith('a change of a job is lost'));

    it('Decision 2 finds the culprit, drops it with a line, and saves all others', async () => {
      refuseBad();
      for (const job of ['i', 'j', 'k']) saver.nodes(job, ['a', 'b', 'c', 'd'], 'ready');
      saver.nodes('j', ['bad'], 'ready');
      saver.output(output('e', 'out'));
      saver.job('k', 'running');
      let durable = false;
      void saver.durable().then(() => (durable = true));
      await clock.advance(20_000);
      assert.equal(durable, true);
      assert.equal(writtenNodes().length, 12);
      assert.deepEqual(
        lost().map(({ fields }) => [fields['kind'], fields['jobId'], fields['node']]),
        [['nodes', 'j', 'bad']],
      );
      assert.equal(store.batches.flatMap(({ outputs }) => outputs).length, 1);
      assert.equal(store.batches.flatMap(({ jobs }) => jobs).length, 1);
      await saver.flushed();
      assert.equal(clock.waiting(), 0);
    });

    it('writes the status of a job after all else of it', async () => {
      refuseBad();
      saver.job('j', 'complete');
      saver.nodes('j', ['bad', 'a'], 'succeeded');
      saver.stopRequest({ jobId: 'j' });
      await clock.advance(20_000);
      const kinds = store.batches.flatMap((batch) => changesOf(batch).map(({ kind }) => kind));
      assert.deepEqual(kinds, ['stops', 'nodes', 'jobs']);
    });

    it('shows events that it had to let go, so that whoever reads along sees the end', async () => {
      refuseBad();
      const event = { name: 'quorum_succeeded', data: {} } as const;
      saver.event({ jobId: 'bad', seq: 1, at: 1, event });
      saver.event({ jobId: 'j', seq: 2, at: 2, event });
      await clock.advance(20_000);
      assert.deepEqual(shown.sort(), ['job-1', 'job-2']);
      assert.equal(lost().length, 1);
    });

    it('tries a batch of one change three times first', async () => {
      let tries = 0;
      store.refusal = () => ++tries <= 2;
      saver.nodes('j', ['a'], 'ready');
      await clock.advance(20_000);
      assert.deepEqual([tries, lost()], [3, []]);
      store.refusal = () => true;
      saver.nodes('j', ['a'], 'running');
      await clock.advance(20_000);
      assert.equal(lost().length, 1);
      assert.equal(clock.waiting(), 0);
    });

    it('keeps the parts while the store is away, and what comes meanwhile', async () => {
      refuseBad();
      saver.nodes('i', ['a'], 'ready');
      saver.nodes('j', ['bad'], 'ready');
      let writes = 0;
      store.gate = () => {
        writes += 1;
        if (writes === 4) store.failure = new Error('away');
        return Promise.resolve();
      };
      await clock.advance(10_000);
      saver.nodes('i', ['a'], 'running');
      await assert.rejects(saver.flushed(), NotDurableError);
      assert.equal(store.batches.length, 0);
      store.failure = undefined;
      await clock.advance(20_000);
      assert.deepEqual(
        store.batches.flatMap(({ nodes }) => nodes.map(({ status }) => status)),
        ['ready', 'running'],
      );
      assert.equal(lost().length, 1);
    });
  });

  it('Decision 2 counts for how long the store was away, from the write that failed first', async () => {
    assert.equal(saver.outage(), 0);
    store.failure = new Error('away');
    saver.nodes('j', ['a'], 'ready');
    await clock.advance(1050);
    assert.equal(saver.outage(), 1000);
    store.failure = undefined;
    await clock.advance(2000);
    const { length } = store.batches;
    assert.equal(length, 1);
    const outage = saver.outage();
    assert.ok(outage >= 1000 && outage <= 3000, String(outage));
    await clock.advance(2000);
    assert.equal(saver.outage(), outage);
  });

  it('Decision 2 dates the start of a run when it is written', async () => {
    store.failure = new Error('away');
    saver.job('j', 'running');
    saver.job('k', 'complete');
    const decided = clock.now();
    await clock.advance(5000);
    store.failure = undefined;
    await clock.advance(2000);
    const at = Object.fromEntries(store.batches[0]!.jobs.map((job) => [job.jobId, job.at]));
    assert.equal(at['k'], decided);
    assert.ok((at['j'] ?? 0) >= decided + 5000);
  });

  it('Decision 5 kept waits for the next write and does not hurry it', async () => {
    await saver.kept();
    saver.nodes('j', ['a'], 'ready');
    let kept = false;
    void saver.kept().then(() => (kept = true));
    await clock.advance(49);
    assert.deepEqual([kept, store.batches.length], [false, 0]);
    await clock.advance(1);
    assert.deepEqual([kept, store.batches.length], [true, 1]);
  });

  it('stop writes what is left', async () => {
    saver.nodes('j', ['a'], 'ready');
    await saver.stop();
    assert.equal(store.batches.length, 1);
    assert.equal(clock.waiting(), 0);
  });

  it('stop says what it could not write, and leaves no timer', async () => {
    store.failure = new Error('away');
    saver.nodes('j', ['a'], 'ready');
    saver.flush();
    await turn();
    await saver.stop();
    assert.equal(said.at(-1), 'the last changes are not saved');
    assert.equal(clock.waiting(), 0);
  });
});
