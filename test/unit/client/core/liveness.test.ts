import assert from 'node:assert/strict';
import {
  isHeard,
  nextDeadline,
  observe,
  openLiveness,
  type LivenessEvent,
  type LivenessState,
} from '../../../../client/src/core/liveness.ts';

const settings = {
  intervalMs: 1000,
  offlineThreshold: 3,
  onlineThreshold: 2,
  incarnationId: 'one',
  isAnswered: true,
  spread: 0,
};
const broadcast = { kind: 'broadcast', incarnationId: 'one' } as const;

/** Plays events at their times, and every tick in between when it is due; gives what had to be done, and when. */
function play(script: [at: number, event: LivenessEvent][]): {
  done: string[];
  state: LivenessState;
} {
  let state = openLiveness(settings, 0);
  const done: string[] = [];
  const happen = (at: number, event: LivenessEvent): void => {
    const next = observe(state, event, at);
    state = next.state;
    done.push(...next.effects.map((effect) => `${at} ${effect}`));
  };
  let now = 0;
  for (const [at, event] of script) {
    for (let due = nextDeadline(state); due < at; due = nextDeadline(state)) {
      now = Math.max(now, due);
      happen(now, tick);
    }
    happen((now = at), event);
  }
  return { done, state };
}
const tick = { kind: 'tick' } as const;
const heard = { kind: 'heard' } as const;
const sent = { kind: 'sent' } as const;

describe('liveness (REFERENCE 16)', () => {
  it('takes the server to be online when the sockets are opened', () => {
    assert.equal(openLiveness(settings, 0).server, 'online');
  });

  it('calls the server offline after more than 3 intervals without a broadcast', () => {
    const { done, state } = play([
      [500, broadcast],
      [4499, tick],
      [4500, tick],
    ]);
    assert.deepEqual(done, ['2500 broadcast_late', '4500 went_offline']);
    assert.equal(state.server, 'offline');
  });

  it('calls it online again once more than 2 broadcasts have been counted', () => {
    const { done } = play([
      [4000, tick],
      [5000, broadcast],
      [6000, broadcast],
      [7000, broadcast],
    ]);
    assert.deepEqual(done, ['2000 broadcast_late', '4000 went_offline', '7000 went_online']);
  });

  it('hears it again with the first broadcast, before it calls it online', () => {
    const offline = play([[4000, tick]]).state;
    const first = observe(offline, broadcast, 5000).state;
    const silence = play([
      [4000, tick],
      [5000, broadcast],
      [9000, tick],
    ]);
    assert.deepEqual([isHeard(openLiveness(settings, 0)), isHeard(offline)], [true, false]);
    assert.deepEqual([first.server, isHeard(first)], ['offline', true]);
    assert.equal(isHeard(silence.state), false);
  });

  it('counts from nothing when the broadcasts stop again', () => {
    const { done } = play([
      [4000, tick],
      [5000, broadcast],
      [6000, broadcast],
      [10_000, tick],
      [11_000, broadcast],
      [12_000, broadcast],
    ]);
    assert.deepEqual(done.slice(1), [
      '4000 went_offline',
      '8000 broadcast_late',
      '10000 still_offline',
    ]);
  });

  it('says again and again that the server is still offline, so that the configuration is fetched anew', () => {
    const { done } = play([
      [4000, tick],
      [8000, tick],
      [12_000, tick],
    ]);
    const said = done.filter((what) => !what.includes('late'));
    assert.deepEqual(said, ['4000 went_offline', '8000 still_offline', '12000 still_offline']);
  });

  it('says once that the server has another incarnation', () => {
    const other = { kind: 'broadcast', incarnationId: 'two' } as const;
    const { done } = play([
      [100, other],
      [200, other],
    ]);
    assert.deepEqual(done, ['100 new_incarnation']);
  });

  it('A11 measures the silence after the first message with a clock, not in turns of a loop', () => {
    const { done } = play([
      [0, sent],
      [1000, broadcast],
      [2000, broadcast],
      [2999, tick],
      [3000, tick],
    ]);
    assert.deepEqual(done, ['3000 command_channel_silent']);
  });

  it('takes a server that broadcasts slowly for busy, not for silent', () => {
    const { done } = play([
      [0, sent],
      [1900, broadcast],
      [3000, tick],
      [3700, tick],
      [3800, broadcast],
      [3801, tick],
    ]);
    assert.deepEqual(done, ['3800 command_channel_silent']);
  });

  it('waits for a first connection longer than for an answer, for a busy server comes to each in its turn', () => {
    const { done } = play([
      [0, { kind: 'beat' }],
      [1500, broadcast],
      [3000, broadcast],
      [4500, broadcast],
      [5000, sent],
      [6000, broadcast],
      [7500, broadcast],
      [7900, heard],
      [8500, tick],
    ]);
    assert.deepEqual(done, []);
    const refused = play([
      [0, { kind: 'beat' }],
      [2000, broadcast],
      [4000, broadcast],
      [6000, tick],
    ]);
    assert.ok(refused.done.includes('6000 command_channel_silent'));
  });

  it('takes the answer that is read before the word that the connection stands for one on it', () => {
    const { done } = play([
      [0, sent],
      [1, heard],
      [300, { kind: 'connected' }],
      [1000, broadcast],
      [1100, sent],
      [2000, broadcast],
      [2100, sent],
      [3000, broadcast],
      [4000, broadcast],
      [5000, tick],
    ]);
    assert.deepEqual(done, []);
  });

  it('REFERENCE 17: takes the silence of a server that is known to be silent for nothing', () => {
    const silent = openLiveness({ ...settings, isAnswered: false }, 0);
    const { state } = observe(silent, sent, 0);
    assert.equal(state.watch, 'waiting');
  });

  it('lets a connection be on which something came', () => {
    const { done } = play([
      [0, sent],
      [1900, heard],
      [2000, broadcast],
      [3000, sent],
      [3500, tick],
      [3900, tick],
    ]);
    assert.deepEqual(done, []);
  });

  it('Z5 watches every new connection again', () => {
    const { done } = play([
      [0, sent],
      [10, heard],
      [1000, broadcast],
      [1900, { kind: 'lost' }],
      [2000, { kind: 'connected' }],
      [2500, sent],
      [2700, broadcast],
      [4000, broadcast],
      [5500, tick],
    ]);
    assert.deepEqual(done, ['5500 command_channel_silent']);
  });

  it('Z5 is not put off by a server that refuses one connection after the other', () => {
    const { done } = play([
      [0, sent],
      [900, { kind: 'lost' }],
      [1000, { kind: 'connected' }],
      [1000, sent],
      [1000, broadcast],
      [1900, { kind: 'lost' }],
      [2000, { kind: 'connected' }],
      [2000, broadcast],
      [3000, tick],
    ]);
    assert.deepEqual(done, ['3000 command_channel_silent']);
  });

  it('does not miss an answer to what waits for a connection that was lost', () => {
    const { done } = play([
      [0, sent],
      [10, heard],
      [1000, { kind: 'lost' }],
      [1500, { kind: 'beat' }],
      [1800, broadcast],
      [3000, { kind: 'connected' }],
      [3600, broadcast],
      [4700, tick],
    ]);
    assert.deepEqual(done, []);
  });

  it('gives the server one more interval, once, when it was the agent itself that came late', () => {
    const late = observe(openLiveness(settings, 0), tick, 9000);
    assert.deepEqual(late.effects, []);
    assert.equal(nextDeadline(late.state), 10_000);
    const inTime = observe(late.state, broadcast, 9500);
    assert.equal(nextDeadline(inTime.state), 11_500);
    const lateAgain = observe(late.state, tick, 20_000);
    assert.deepEqual(lateAgain.effects, ['went_offline']);
    assert.deepEqual(observe(inTime.state, tick, 20_000).effects, []);
  });

  it('names the moment at which it wants to look again', () => {
    const after = (...script: [number, LivenessEvent][]): number =>
      nextDeadline(play(script).state);
    assert.equal(nextDeadline(openLiveness(settings, 0)), 2000);
    assert.equal(after([500, broadcast], [1000, sent]), 2500);
    assert.equal(after([1500, sent], [2000, tick]), 4000);
    assert.equal(after([500, sent], [700, broadcast], [2600, broadcast]), 3500);
    assert.equal(after([500, { kind: 'beat' }], [4300, broadcast]), 6300);
    assert.equal(after([500, { kind: 'lost' }], [2000, tick]), 3500);
  });

  it('opens the socket of a broadcast that is late once, from a half to three quarters of the patience', () => {
    const { done } = play([
      [1999, tick],
      [2000, tick],
      [2500, tick],
      [3000, broadcast],
      [5000, tick],
    ]);
    assert.deepEqual(done, ['2000 broadcast_late', '5000 broadcast_late']);
    const last = openLiveness({ ...settings, spread: 0.999 }, 0);
    assert.deepEqual(observe(last, tick, 2998).effects, []);
    assert.deepEqual(observe(last, tick, 2999).effects, ['broadcast_late']);
  });

  it('says once that broadcasts have another signature, where no other ones come', () => {
    const foreign = { kind: 'foreign' } as const;
    const { done } = play([
      [1000, broadcast],
      [1200, foreign],
      [2000, broadcast],
      [3000, foreign],
      [3500, foreign],
      [3600, foreign],
    ]);
    assert.deepEqual(done, ['3500 foreign_broadcast']);
  });

  it('says that a lost command channel does not come back, while the server broadcasts', () => {
    const lost = { kind: 'lost' } as const;
    const { done } = play([
      [100, broadcast],
      [500, lost],
      [1000, broadcast],
      [2000, broadcast],
      [3000, broadcast],
      [3500, tick],
      [4000, broadcast],
      [5000, { kind: 'connected' }],
      [5500, broadcast],
      [6500, tick],
    ]);
    assert.deepEqual(done, ['3500 command_channel_lost']);
    const away = play([
      [500, lost],
      [1000, broadcast],
      [3500, tick],
      [5000, tick],
      [9000, tick],
    ]);
    assert.deepEqual(away.done, [
      '3000 broadcast_late',
      '5000 went_offline',
      '7000 broadcast_late',
      '9000 still_offline',
    ]);
  });

  it('gives a lost command channel its time when a server that was away broadcasts again, to all its nodes', () => {
    const { done } = play([
      [1000, broadcast],
      [1500, { kind: 'lost' }],
      // It was away for less than makes it offline.
      ...Array.from({ length: 30 }, (_, i): [number, LivenessEvent] => [
        4400 + i * 1000,
        broadcast,
      ]),
      [34_300, tick],
      [34_400, tick],
    ]);
    assert.deepEqual(done, ['3000 broadcast_late', '34400 command_channel_lost']);
  });

  it('asks nothing of a server that was away and is reached again: all its nodes come back to it', () => {
    const { done } = play([
      [0, sent],
      [3900, { kind: 'reached' }],
      [33_899, tick],
      [35_999, tick],
      [36_000, tick],
    ]);
    const said = done.filter((what) => !what.includes('late'));
    assert.deepEqual(said, ['4000 went_offline', '36000 still_offline']);
    const silent = play([
      [0, sent],
      [500, { kind: 'reached' }],
      ...Array.from({ length: 30 }, (_, i): [number, LivenessEvent] => [1000 * i + 999, broadcast]),
      [30_400, tick],
      [30_500, tick],
    ]);
    assert.deepEqual(silent.done, ['30500 command_channel_silent']);
  });

  it('opens no socket again for a server that was just reached: it has its hands full with all its nodes', () => {
    const { done } = play([
      [500, { kind: 'reached' }],
      [1000, broadcast],
      [4000, broadcast],
      [7500, broadcast],
      [30_500, broadcast],
      [33_000, tick],
    ]);
    assert.deepEqual(done, ['11500 went_offline', '32500 broadcast_late']);
  });

  it('asks for no configuration soon, and ever less often, while the command channel is served', () => {
    const { done } = play([
      [0, sent],
      [10, heard],
      [150_000, tick],
    ]);
    const said = done.filter((what) => !what.includes('late'));
    assert.deepEqual(said, [
      '4000 went_offline',
      '24000 still_offline',
      '64000 still_offline',
      '144000 still_offline',
    ]);
    const lost = play([
      [0, sent],
      [10, heard],
      [9000, { kind: 'lost' }],
      [13_000, tick],
    ]);
    assert.deepEqual(lost.done.at(-1), '12000 still_offline');
    // A time at which nothing was asked for, for the server was just reached, does not make the next one later.
    const reached = play([
      [0, sent],
      [10, heard],
      [100, { kind: 'reached' }],
      [45_000, tick],
    ]);
    assert.deepEqual(reached.done.at(-1), '44000 still_offline');
  });
});
