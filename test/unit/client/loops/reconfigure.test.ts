import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { makeReconfigure, type Fetched } from '../../../../client/src/loops/reconfigure.ts';
import type { Session } from '../../../../client/src/link/session.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';

const serverKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
function session(lifetime = 3600): Session {
  const config = {
    type: 'config' as const,
    host: 'h',
    push_jobs: {
      heartbeat: {
        out_addr: '',
        command_addr: '',
        interval: 1,
        offline_threshold: 3,
        online_threshold: 2,
      },
    },
    node: 'n',
    organization: 'o',
    public_key: '',
    encoded_session_key: { method: 'hmac_sha256' as const, key: '' },
    lifetime,
    max_message_skew: 300,
    incarnation_id: 'i',
  };
  return { config, sessionKey: Buffer.alloc(32), serverKey };
}
const failure = { cause: 'server_error', what: 'w', where: 'x', advice: 'a' } as const;

/** The loop with a clock that the test moves. */
function start(fetches: Fetched[] = [], random = 0.5) {
  const base = makeFakeClock();
  const clock = { ...base, elapsed: () => base.now() };
  const begun = base.now();
  const times: number[] = [];
  const levels: string[] = [];
  const note = (level: string) => () => levels.push(level);
  const world = { isBusy: false, applied: 0, refusals: 0 };
  const reconfigure = makeReconfigure({
    clock,
    random: () => random,
    log: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    fetch: () => {
      times.push(base.now() - begun);
      return Promise.resolve(fetches.shift() ?? { ok: true, session: session() });
    },
    apply: () => {
      if (world.refusals-- > 0) throw new Error('Invalid argument');
      world.applied++;
    },
    isJobActive: () => world.isBusy,
    retryCapMs: () => 1000,
  });
  const end = new AbortController();
  const running = reconfigure.run(end.signal);
  return {
    clock: base,
    times,
    levels,
    world,
    reconfigure,
    stop: async () => {
      end.abort();
      await running;
      assert.equal(base.waiting(), 0, 'a timer is left');
    },
  };
}

describe('reconfigure loop', () => {
  it('Decision 9 tries for ever, with full jitter below one interval, and thins out what it says', async () => {
    const failures = Array.from({ length: 20 }, (): Fetched => ({ ok: false, failure }));
    const { clock, times, levels, world, stop } = start(failures, 1);
    await clock.advance(60_000);
    const gaps = times.slice(1).map((t, i) => t - (times[i] ?? 0));
    assert.deepEqual(gaps.slice(0, 6), [100, 200, 400, 800, 1000, 1000]);
    assert.equal(times.length, 21);
    assert.equal(world.applied, 1);
    assert.deepEqual(
      levels.flatMap((level, index) => (level === 'warn' ? [index + 1] : [])),
      [1, 2, 4, 8, 16],
    );
    await stop();
  });

  it('A12 tries a failed re-fetch again within one interval, not after two minutes', async () => {
    const first: Fetched = { ok: true, session: session() };
    const { clock, times, world, reconfigure, stop } = start([first, { ok: false, failure }], 1);
    await clock.advance(10_000);
    reconfigure.request({ reason: 'test', delayMs: 0, isUrgent: true });
    await clock.advance(1000);
    assert.deepEqual([times.slice(1), world.applied], [[10_000, 10_100], 2]);
    await stop();
  });

  it('asks again up to a tenth before the lifetime ends', async () => {
    const { clock, times, stop } = start([{ ok: true, session: session(100) }], 0.5);
    await clock.advance(94_999);
    assert.equal(times.length, 1);
    await clock.advance(1);
    assert.equal(times.length, 2);
    await stop();
  });

  it('survives a lifetime that is longer than a timer can be', async () => {
    const { clock, times, stop } = start([{ ok: true, session: session(10_000_000) }], 0);
    await clock.advance(9_999_999_000);
    assert.equal(times.length, 1);
    await clock.advance(1000);
    assert.equal(times.length, 2);
    await stop();
  });

  it('ends its tries when what they were to cure has come by itself, and begins anew when asked again', async () => {
    const first: Fetched = { ok: true, session: session() };
    const failures = Array.from({ length: 5 }, (): Fetched => ({ ok: false, failure }));
    const { clock, times, world, reconfigure, stop } = start([first, ...failures], 1);
    await clock.advance(10_000);
    reconfigure.request({ reason: 'silence', delayMs: 0, isUrgent: true });
    await clock.advance(150);
    reconfigure.forget(['silence']);
    await clock.advance(60_000);
    assert.deepEqual([times.slice(1), world.applied], [[10_000, 10_100], 1]);
    reconfigure.request({ reason: 'silence', delayMs: 0, isUrgent: true });
    await clock.advance(60_000);
    assert.deepEqual([times.length, world.applied], [7, 2]);
    await stop();
  });

  it('waits until no job is active', async () => {
    const { clock, times, world, reconfigure, stop } = start();
    await clock.advance(0);
    world.isBusy = true;
    reconfigure.request({ reason: 'signal', delayMs: 0, isUrgent: false });
    await clock.advance(100_000);
    assert.equal(times.length, 1);
    world.isBusy = false;
    reconfigure.wake();
    await clock.advance(0);
    assert.equal(times.length, 2);
    await stop();
  });

  it('does not wait for a job where the channel is dead', async () => {
    const { clock, times, world, reconfigure, stop } = start();
    await clock.advance(0);
    world.isBusy = true;
    reconfigure.request({ reason: 'silence', delayMs: 500, isUrgent: true });
    await clock.advance(500);
    assert.deepEqual(times, [0, 500]);
    await stop();
  });

  it('does once what is asked for twice, at the first moment', async () => {
    const { clock, times, reconfigure, stop } = start();
    await clock.advance(0);
    reconfigure.request({ reason: 'x', delayMs: 500, isUrgent: false });
    reconfigure.request({ reason: 'x', delayMs: 900, isUrgent: false });
    reconfigure.request({ reason: 'y', delayMs: 700, isUrgent: false });
    await clock.advance(5000);
    assert.deepEqual(times, [0, 500]);
    await stop();
  });

  it('tries again when libzmq refuses what the server gave', async () => {
    const { clock, times, world, levels, stop } = start();
    world.refusals = 2;
    await clock.advance(1000);
    assert.equal(times.length, 3);
    assert.equal(world.applied, 1);
    assert.deepEqual(levels, ['warn', 'warn']);
    await stop();
  });

  it('ends in the midst of an outage', async () => {
    const failures = Array.from({ length: 1000 }, (): Fetched => ({ ok: false, failure }));
    const { clock, stop } = start(failures);
    await clock.advance(3000);
    await stop();
  });
});
