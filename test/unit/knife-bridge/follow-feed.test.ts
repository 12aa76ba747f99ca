import assert from 'node:assert/strict';
import { encodeFeedEvent, encodeFeedRetry, jobEventId } from '@pushy/protocol';
import { CliError, RefusedError } from '@pushy/knife-bridge';
import { makeFeedFollower } from '../../../knife-bridge/src/follow-feed.ts';
import type { JobView } from '../../../knife-bridge/src/job-view.ts';

type Piece = string | Error | (() => Promise<void>);

/** A feed, or a refusal of it; the pieces come one after the other. */
type Feed = readonly Piece[] | Error;

let seq = 0;
function event(name: string, data: object = {}): string {
  seq += 1;
  return encodeFeedEvent({ name, id: jobEventId(seq), at: seq, data });
}

describe('following by the feed', () => {
  const running: JobView = { status: 'running', nodes: { new: ['a', 'b'] } };
  const complete: JobView = { status: 'complete', nodes: { succeeded: ['a', 'b'] } };
  let looks: JobView[];
  let opened: (string | undefined)[];
  let slept: number[];
  let polled: boolean;
  /** Ends the wait for the next view. */
  let tick: () => void;

  beforeEach(() => {
    seq = 0;
    looks = [running, complete];
    opened = [];
    slept = [];
    polled = false;
    tick = () => undefined;
  });

  function follow(
    feeds: Feed[],
    signal = new AbortController().signal,
  ): AsyncGenerator<JobView, void> {
    const follower = makeFeedFollower({
      intervalMs: 777,
      clock: {
        sleep(ms, stop) {
          if (ms !== 777) {
            slept.push(ms);
            return Promise.resolve();
          }
          return new Promise((resolve, reject) => {
            tick = resolve;
            stop.addEventListener('abort', () => {
              reject(new Error('aborted'));
            });
          });
        },
      },
      look: () => Promise.resolve(looks.shift() ?? complete),
      open(_, lastEventId, stop) {
        opened.push(lastEventId);
        const feed = feeds.shift() ?? [];
        if (feed instanceof Error) return Promise.reject(feed);
        return Promise.resolve(play(feed, stop));
      },
      fallback: async function* fallback() {
        polled = true;
        await Promise.resolve();
        yield complete;
      },
    });
    return follower('id', signal);
  }

  async function* play(pieces: readonly Piece[], stop: AbortSignal): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) {
      stop.throwIfAborted();
      if (piece instanceof Error) throw piece;
      if (typeof piece === 'string') yield Buffer.from(piece);
      else await piece();
    }
  }

  async function all(views: AsyncGenerator<JobView, void>): Promise<JobView[]> {
    const seen: JobView[] = [];
    for await (const view of views) seen.push(view);
    return seen;
  }

  it('looks once, listens, and looks again at the end', async () => {
    const seen = await all(
      follow([[event('start'), event('job_complete', { status: 'complete' })]]),
    );
    assert.deepEqual([seen, opened, looks], [[complete], [undefined], []]);
  });

  it('opens no feed for a job that is over', async () => {
    looks = [complete];
    assert.deepEqual(await all(follow([])), [complete]);
    assert.deepEqual(opened, []);
  });

  it('shows every interval what the events say, and asks nobody for it', async () => {
    const waits: (() => void)[] = [];
    const wait = (): Promise<void> => new Promise((resolve) => waits.push(resolve));
    const views = follow([
      [
        event('start') + event('quorum_vote', { node: 'a', status: 'success' }),
        wait,
        event('quorum_vote', { node: 'b', status: 'failure' }) + event('quorum_succeeded'),
        event('run_start', { node: 'a' }),
        wait,
        event('run_complete', { node: 'a', status: 'failure' }),
        event('job_complete', { status: 'complete' }),
      ],
    ]);
    const view = async (): Promise<unknown> => {
      const next = views.next();
      while (waits.length === 0) await new Promise(setImmediate);
      tick();
      return (await next).value;
    };
    assert.deepEqual(await view(), { status: 'voting', nodes: { ready: ['a'], new: ['b'] } });
    waits.shift()!();
    assert.deepEqual(await view(), { status: 'running', nodes: { running: ['a'], nacked: ['b'] } });
    waits.shift()!();
    assert.deepEqual(await views.next(), { value: complete, done: false });
    assert.equal((await views.next()).done, true);
  });

  it('comes again with Last-Event-ID when the feed breaks or ends too soon, after the time that it was told', async () => {
    const feeds: Feed[] = [
      [event('start'), event('quorum_succeeded'), new Error('reset')],
      new CliError('network', 'away'),
      [
        event('run_start', { node: 'a' }),
        encodeFeedRetry(1234),
        'event: run_complete\nid: job-9\ndata: {"no',
      ],
      [event('job_complete', { status: 'complete' })],
    ];
    assert.deepEqual(await all(follow(feeds)), [complete]);
    assert.deepEqual(opened, [undefined, 'job-2', 'job-2', 'job-3']);
    assert.deepEqual(slept, [1000, 1000, 1234]);
  });

  it('takes the summary of a job that is out of memory for its end, though no blank line follows', async () => {
    const summary = event('summary', { status: 'crashed' }).trimEnd();
    assert.deepEqual(await all(follow([[summary]])), [complete]);
    assert.equal(opened.length, 1);
  });

  for (const status of [401, 403, 404, 406, 501]) {
    it(`polls where the feed is refused with ${status}`, async () => {
      const refused = new RefusedError(status, '', 'no', []);
      assert.deepEqual(await all(follow([refused])), [complete]);
      assert.deepEqual([polled, opened.length, slept], [true, 1, []]);
    });
  }

  it('waits for a feed that is refused for now, and polls when that lasts', async () => {
    const busy = new RefusedError(503, '', 'busy', []);
    await all(follow([busy, busy, [event('job_complete', { status: 'complete' })]]));
    assert.deepEqual([polled, slept], [false, [1000, 1000]]);
    looks = [running];
    await all(follow(Array.from({ length: 9 }, () => busy)));
    assert.deepEqual([polled, slept.length], [true, 2 + 5]);
  });

  it('does not wait for ever where it is told to come again much later', async () => {
    const end = event('job_complete', { status: 'complete' });
    await all(follow([[encodeFeedRetry(86_400_000)], [end]]));
    assert.deepEqual(slept, [10_000]);
  });

  it('ends with its signal', async () => {
    const stop = new AbortController();
    const hang = (): Promise<void> => new Promise(() => undefined);
    const views = follow([[event('start'), hang]], stop.signal);
    const next = views.next();
    await new Promise(setImmediate);
    stop.abort(2);
    await assert.rejects(next);
  });

  describe('the picture that events give', () => {
    const cases: [string, string[], Record<string, string[]>][] = [
      ['a node that is not there', ['quorum_vote down', 'rehab'], { unavailable: ['a'] }],
      ['a node that withdraws', ['quorum_vote success', 'rehab'], { unavailable: ['a'] }],
      [
        'one that says yes twice',
        ['quorum_vote success', 'quorum_vote unexpected_commit'],
        { ready: ['a'] },
      ],
      ['one that is too late', ['quorum_vote voting_timeout'], { unavailable: ['a'] }],
      ['one that was stopped', ['quorum_vote aborted'], { aborted: ['a'] }],
      ['a run', ['quorum_succeeded', 'run_start', 'run_complete success'], { succeeded: ['a'] }],
      [
        'a run that was refused',
        ['quorum_succeeded', 'rehab', 'run_complete run_nacked'],
        { failed: ['a'] },
      ],
      [
        'a run that was lost',
        ['quorum_succeeded', 'run_start', 'rehab', 'run_complete crashed'],
        { crashed: ['a'] },
      ],
      ['a run that was stopped', ['quorum_succeeded', 'run_complete aborted'], { aborted: ['a'] }],
      ['what nobody knows', ['quorum_succeeded', 'run_start', 'news'], { running: ['a'] }],
    ];
    for (const [title, events, nodes] of cases) {
      it(`9.1 ${title}`, async () => {
        looks = [{ status: 'new', nodes: { new: ['a'] } }, complete];
        let there = (): void => undefined;
        const wait = (): Promise<void> =>
          new Promise(() => {
            there();
          });
        const text = events.map((each) => {
          const [name = '', status] = each.split(' ');
          return event(name, { node: 'a', ...(status === undefined ? {} : { status }) });
        });
        const played = new Promise<void>((resolve) => (there = resolve));
        const views = follow([[event('start') + text.join(''), wait]]);
        const next = views.next();
        await played;
        tick();
        assert.deepEqual((await next).value?.nodes, nodes);
      });
    }
  });
});
