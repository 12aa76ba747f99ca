import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { FeedEvent, StampedEvent } from '../../../server/src/core/feed-event.ts';
import { makeFeedLog, type FeedLog, type FeedReader } from '../../../server/src/feed-log.ts';
import { eventsIn, shortly } from '../../helpers/feed-reader.ts';
import { makeFakeClock, type FakeClock } from '../../helpers/fake-clock.ts';

const ORG = '0'.repeat(32);
const OTHER = '1'.repeat(32);
const START: FeedEvent & { name: 'start' } = {
  name: 'start',
  data: { command: 'c', run_timeout: 9, quorum: 1, node_count: 1, user: 'ann', capture: false },
};
const END: FeedEvent = { name: 'job_complete', data: { status: 'complete' } };
const vote = (node: string): FeedEvent => ({
  name: 'quorum_vote',
  data: { node, status: 'success' },
});

describe('the log of feeds', () => {
  let clock: FakeClock;
  let log: FeedLog;
  let dropped: string[];
  let pruned: number[];
  let failure: Error | undefined;
  let warned: string[];

  function open(from: FakeClock = makeFakeClock()): void {
    clock = from;
    dropped = [];
    pruned = [];
    warned = [];
    failure = undefined;
    const settle = (): Promise<void> =>
      failure === undefined ? Promise.resolve() : Promise.reject(failure);
    log = makeFeedLog({
      clock,
      orgFeedExpiration: 60_000,
      log: { warn: (_, message) => warned.push(message) },
      store: {
        dropEvents(ids) {
          dropped.push(...ids);
          return settle();
        },
        pruneOrgEvents(before) {
          pruned.push(before);
          return settle();
        },
      },
    });
  }
  beforeEach(() => {
    open();
  });
  afterEach(async () => {
    await log.stop();
    assert.equal(clock.waiting(), 0, 'no timer is left');
  });

  type Appended = NonNullable<ReturnType<FeedLog['append']>>;
  function append(id: string, event: FeedEvent, orgId = ORG): Appended {
    const appended = log.append({ id, orgId }, event);
    assert.ok(appended !== undefined);
    return appended;
  }
  function show(...all: readonly Appended[]): void {
    log.shown(
      all.map(({ event }) => event),
      all.flatMap(({ orgEvent }) => (orgEvent === undefined ? [] : [orgEvent])),
    );
  }
  const say = (id: string, ...events: FeedEvent[]): void => {
    for (const event of events) show(append(id, event));
  };
  /** Everything that there is to read now. */
  function rest(reader: FeedReader | undefined): string {
    assert.ok(reader !== undefined);
    const blocks: Buffer[] = [];
    for (let more = reader.read(100); more.length > 0; more = reader.read(100))
      blocks.push(...more);
    return Buffer.concat(blocks).toString();
  }
  const idsIn = (text: string): string[] => eventsIn(text).map(({ id }) => id);

  describe('of a job', () => {
    it('9.1 counts from 1 in each job; the first and last event count in the organization too', () => {
      const places = [START, vote('a'), END].map((event) => {
        const { event: stamped, orgEvent } = append('j', event);
        return [stamped.seq, orgEvent?.seq];
      });
      assert.deepEqual(places, [
        [1, 1],
        [2, undefined],
        [3, 2],
      ]);
      assert.equal(append('k', START).event.seq, 1);
      assert.equal(append('k', END).orgEvent?.seq, 4);
      assert.equal(append('other', START, OTHER).orgEvent?.seq, 1);
    });

    it('9 times grow strictly, by a microsecond at least, even when the clock is set back', () => {
      const steps = fc.array(fc.integer({ min: -3_600_000, max: 5 }), { maxLength: 30 });
      fc.assert(
        fc.property(steps, (jumps) => {
          let now = 1_700_000_000_000;
          const one = makeFeedLog({
            clock: { now: () => now, after: () => () => undefined, every: () => () => undefined },
            log: { warn: () => undefined },
            store: { dropEvents: () => Promise.resolve(), pruneOrgEvents: () => Promise.resolve() },
            orgFeedExpiration: 60_000,
          });
          let last = { at: 0, seq: 0 };
          for (const jump of jumps) {
            now += jump;
            const appended: Appended | undefined = one.append({ id: 'j', orgId: ORG }, START);
            assert.ok(appended?.orgEvent !== undefined);
            const { event, orgEvent } = appended;
            assert.ok(event.at > last.at && event.at >= now * 1000);
            assert.equal(event.seq, last.seq + 1);
            assert.equal(orgEvent.at, event.at);
            last = event;
          }
        }),
      );
    });

    it('Decision 1 an event is read when it is durable, not before', () => {
      const start = append('j', START);
      const reader = log.openJob(ORG, 'j');
      let woken = 0;
      reader?.onChange(() => (woken += 1));
      assert.equal(rest(reader), '');
      show(start);
      assert.equal(woken, 1);
      assert.deepEqual(shortly(rest(reader)), ['start']);
      assert.equal(reader?.state(), 'live');
    });

    it('9.1 replays what is newer than Last-Event-ID; everything for an id that it never gave', () => {
      say('j', START, vote('a'), vote('b'));
      const from = (id?: string): string[] => idsIn(rest(log.openJob(ORG, 'j', id)));
      const all = ['job-1', 'job-2', 'job-3'];
      assert.deepEqual(from(), all);
      assert.deepEqual(from('job-1'), ['job-2', 'job-3']);
      assert.deepEqual(from('job-3'), []);
      for (const unknown of ['job-4', 'job-0', 'org-1', 'start_id', '', 'job-1,job-2']) {
        assert.deepEqual(from(unknown), all, unknown);
      }
    });

    it('9.1 the newest id gives nothing, then what comes', () => {
      say('j', START);
      const reader = log.openJob(ORG, 'j', 'job-1');
      say('j', vote('a'), END);
      assert.deepEqual(idsIn(rest(reader)), ['job-2', 'job-3']);
      assert.equal(reader?.state(), 'ended');
    });

    it('S2 does not exist for another organization', () => {
      say('j', START);
      assert.equal(log.openJob(OTHER, 'j'), undefined);
      assert.equal(log.openJob(ORG, 'k'), undefined);
    });

    it('9.1 lingers with all its events, then is gone; who still reads may read to the end', () => {
      say('j', START, END);
      const slow = log.openJob(ORG, 'j');
      log.close('j');
      assert.equal(log.openJob(ORG, 'j'), undefined);
      assert.deepEqual(idsIn(rest(slow)), ['job-1', 'job-2']);
      assert.equal(slow?.state(), 'ended');
    });

    it('ends its readers when it leaves memory without a last event', () => {
      say('j', START);
      const reader = log.openJob(ORG, 'j');
      assert.ok(reader !== undefined);
      const before = reader.state();
      log.close('j');
      assert.deepEqual([before, reader.state()], ['live', 'ended']);
    });

    it('the stored events of jobs that left memory are removed together', async () => {
      say('j', START, END);
      say('k', START, END);
      log.close('j');
      await clock.advance(900);
      log.close('k');
      assert.deepEqual(dropped, []);
      await clock.advance(100);
      assert.deepEqual(dropped, ['j', 'k']);
      failure = new Error('away');
      log.close('l');
      await clock.advance(1000);
      assert.deepEqual(warned, ['events of finished jobs could not be removed']);
    });

    it('stop removes what is left to be removed', async () => {
      log.close('j');
      await log.stop();
      assert.deepEqual(dropped, ['j']);
    });

    it('goes on after a restart where it was, though the clock was set back', () => {
      say('j', START, vote('a'));
      const events: StampedEvent[] = [START, vote('a')].map((event, index) => ({
        seq: index + 1,
        at: clock.now() * 1000 + 5_000_000_000 + index,
        event,
      }));
      open();
      log.restore({ id: 'j', orgId: ORG }, events);
      const reader = log.openJob(ORG, 'j', 'job-1');
      const next = append('j', END).event;
      assert.deepEqual([next.seq, next.at], [3, events[1]!.at + 1]);
      show({ event: next });
      assert.deepEqual(idsIn(rest(reader)), ['job-2', 'job-3']);
      assert.equal(reader?.state(), 'ended');
      assert.equal(log.openJob(OTHER, 'j'), undefined);
    });

    it('a node cannot fill the memory: past a bound its repeated votes are not told, all else is', () => {
      say('j', START);
      const again: FeedEvent = {
        name: 'quorum_vote',
        data: { node: 'a', status: 'unexpected_commit' },
      };
      let count = 0;
      while (log.append({ id: 'j', orgId: ORG }, again) !== undefined) count += 1;
      assert.equal(count, 1000);
      assert.equal(append('j', vote('b')).event.seq, 1002);
      log.restore(
        { id: 'k', orgId: ORG },
        Array.from({ length: 1000 }, (_, index) => ({ seq: index + 1, at: index, event: again })),
      );
      assert.equal(log.append({ id: 'k', orgId: ORG }, again), undefined);
    });

    it('reads whole blocks, one at least, up to so many bytes', () => {
      say('j', START, vote('a'), vote('b'), vote('c'));
      const reader = log.openJob(ORG, 'j');
      const size = Buffer.byteLength(rest(log.openJob(ORG, 'j', 'job-3')));
      assert.deepEqual(reader?.read(1).length, 1);
      assert.deepEqual(reader.read(2 * size).length, 2);
      assert.deepEqual(reader.read(2 * size).length, 1);
      assert.deepEqual(reader.read(2 * size).length, 0);
    });

    it('encodes a block once for all readers', () => {
      say('j', START);
      const [one, two] = [log.openJob(ORG, 'j'), log.openJob(ORG, 'j')];
      assert.equal(one?.read(1)[0], two?.read(1)[0]);
    });

    it('wakes nobody who has left', () => {
      say('j', START);
      const reader = log.openJob(ORG, 'j');
      let woken = 0;
      reader?.onChange(() => (woken += 1));
      reader?.close();
      say('j', END);
      assert.equal(woken, 0);
    });
  });

  describe('of an organization', () => {
    it('9.2 has the first and the last event of every job, with its id after the timestamp', () => {
      const reader = log.openOrg(ORG);
      say('j', START, vote('a'), END);
      const text = rest(reader);
      assert.match(
        text,
        /^event: start\nid: org-1\ndata: \{"timestamp":"[^"]+","job":"j","command":"c",/,
      );
      assert.deepEqual(
        eventsIn(text).map(({ id, name, data }) => [id, name, data['job'], data['status']]),
        [
          ['org-1', 'start', 'j', undefined],
          ['org-2', 'job_complete', 'j', 'complete'],
        ],
      );
      assert.equal(reader.state(), 'live');
    });

    it('Decision 11 tells no env: it belongs to the feed of the job (9.1)', () => {
      const reader = log.openOrg(ORG);
      say('j', { name: 'start', data: { ...START.data, env: { A: 'hush' }, dir: '/d' } }, END);
      const [start] = eventsIn(rest(reader));
      assert.equal(start?.data['dir'], '/d');
      assert.equal('env' in start.data, false);
      assert.match(rest(log.openJob(ORG, 'j') ?? assert.fail()), /"env":\{"A":"hush"\}/);
    });

    it('9.2 sends nothing of the past to who has no Last-Event-ID, and nothing of others to anybody', () => {
      say('j', START);
      const reader = log.openOrg(ORG);
      show(append('other', START, OTHER));
      assert.equal(rest(reader), '');
      say('j', END);
      assert.deepEqual(idsIn(rest(reader)), ['org-2']);
    });

    it('E1 sends what was missed oldest first', () => {
      say('j', START, END);
      say('k', START, END);
      assert.deepEqual(idsIn(rest(log.openOrg(ORG, 'org-1'))), ['org-2', 'org-3', 'org-4']);
      assert.deepEqual(idsIn(rest(log.openOrg(ORG, 'org-4'))), []);
    });

    it('9.2 starts over with start_of_history for an id that is unknown or has expired', async () => {
      say('j', START);
      await clock.advance(60_000);
      say('j', END);
      await clock.advance(1);
      for (const id of ['org-1', 'org-9', 'start_id', 'job-1', '']) {
        const text = rest(log.openOrg(ORG, id));
        assert.deepEqual(idsIn(text), ['start_id', 'org-2'], id);
        const [first] = eventsIn(text);
        assert.equal(first?.name, 'start_of_history');
        assert.deepEqual(first.data, {});
        assert.equal(first.timestamp, '2026-01-01 00:00:00.001000Z');
      }
    });

    it('9.2 says start_of_history when nothing is left', async () => {
      assert.deepEqual(idsIn(rest(log.openOrg(ORG, 'org-1'))), ['start_id']);
      say('j', START);
      await clock.advance(60_001);
      assert.deepEqual(idsIn(rest(log.openOrg(ORG, 'org-1'))), ['start_id']);
    });

    it('9.2 keeps an event that is exactly org_feed_expiration old; the start of history is older than it', async () => {
      say('j', START);
      await clock.advance(60_000);
      const events = eventsIn(rest(log.openOrg(ORG, 'org-9')));
      assert.deepEqual(
        events.map(({ id, timestamp }) => [id, timestamp]),
        [
          ['start_id', '2025-12-31 23:59:59.999999Z'],
          ['org-1', '2026-01-01 00:00:00.000000Z'],
        ],
      );
      assert.deepEqual(idsIn(rest(log.openOrg(ORG, 'org-1'))), []);
    });

    it('goes on after a restart where it was, though its history is gone', () => {
      const at = clock.now() * 1000 + 7;
      log.restoreOrgs([
        {
          orgId: ORG,
          lastSeq: 41,
          lastAt: at,
          events: [{ seq: 41, at, event: END, jobId: 'old' }],
        },
        { orgId: OTHER, lastSeq: 7, lastAt: at, events: [] },
      ]);
      const next = append('j', START).orgEvent;
      assert.deepEqual([next?.seq, next?.at], [42, at + 1]);
      show(append('j', vote('a')));
      assert.equal(append('k', START, OTHER).orgEvent?.seq, 8);
      assert.deepEqual(idsIn(rest(log.openOrg(ORG, 'org-40'))), ['start_id', 'org-41']);
      assert.deepEqual(idsIn(rest(log.openOrg(ORG, 'org-41'))), []);
    });

    it('forgets in time what nobody asks for, in memory and in the store', async () => {
      say('j', START);
      const reader = log.openOrg(ORG, 'org-0');
      await clock.advance(120_000);
      assert.deepEqual(
        pruned,
        [60_000, 120_000].map((ms) => (Date.UTC(2026, 0, 1) + ms - 60_000) * 1000),
      );
      assert.equal(reader.state(), 'behind');
      failure = new Error('away');
      await clock.advance(60_000);
      assert.deepEqual(warned, ['old events of organizations could not be removed']);
    });

    it('bounds its history by its bytes as well: who reads too slowly falls behind', () => {
      const large: FeedEvent = {
        ...START,
        data: { ...START.data, command: 'x'.repeat(1024 * 1024) },
      };
      const slow = log.openOrg(ORG);
      for (let i = 0; i < 7; i += 1) show(append(`j${i}`, large));
      assert.equal(slow.state(), 'live');
      for (let i = 7; i < 12; i += 1) show(append(`j${i}`, large));
      assert.equal(slow.state(), 'behind');
      assert.deepEqual(slow.read(1), []);
      const kept = idsIn(rest(log.openOrg(ORG, 'org-1')));
      assert.deepEqual(kept, [
        'start_id',
        'org-6',
        'org-7',
        'org-8',
        'org-9',
        'org-10',
        'org-11',
        'org-12',
      ]);
    });
  });

  it('drain tells every reader that the server stops, whatever is not read', () => {
    say('j', START);
    const readers = [log.openJob(ORG, 'j'), log.openOrg(ORG)];
    let woken = 0;
    for (const reader of readers) reader?.onChange(() => (woken += 1));
    assert.equal(log.isOpen(), true);
    log.drain();
    assert.deepEqual([log.isOpen(), woken], [false, 2]);
    assert.deepEqual(
      readers.map((reader) => reader?.state()),
      ['stopping', 'stopping'],
    );
  });
});
