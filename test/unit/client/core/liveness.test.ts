import assert from 'node:assert/strict';
import {
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
};
const broadcast = { kind: 'broadcast', incarnationId: 'one' } as const;

/** Plays events at their times; gives what had to be done, with its time, and the last state. */
function play(script: [at: number, event: LivenessEvent][]): {
  done: string[];
  state: LivenessState;
} {
  let state = openLiveness(settings, 0);
  const done: string[] = [];
  for (const [at, event] of script) {
    const next = observe(state, event, at);
    state = next.state;
    done.push(...next.effects.map((effect) => `${at} ${effect}`));
  }
  return { done, state };
}
const tick = { kind: 'tick' } as const;
const heard = { kind: 'heard' } as const;

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
    assert.deepEqual(done, ['4500 went_offline']);
    assert.equal(state.server, 'offline');
  });

  it('calls it online again once more than 2 broadcasts have been counted', () => {
    const { done } = play([
      [4000, tick],
      [5000, broadcast],
      [6000, broadcast],
      [7000, broadcast],
    ]);
    assert.deepEqual(done, ['4000 went_offline', '7000 went_online']);
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
    assert.deepEqual(done, ['4000 went_offline', '10000 still_offline']);
  });

  it('says again and again that the server is still offline, so that the configuration is fetched anew', () => {
    const { done } = play([
      [4000, tick],
      [8000, tick],
      [12_000, tick],
    ]);
    assert.deepEqual(done, ['4000 went_offline', '8000 still_offline', '12000 still_offline']);
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
      [0, { kind: 'beat' }],
      [1000, broadcast],
      [2999, tick],
      [3000, tick],
    ]);
    assert.deepEqual(done, ['3000 command_channel_silent']);
  });

  it('lets a connection be on which something came', () => {
    const { done } = play([
      [0, { kind: 'beat' }],
      [2000, heard],
      [2500, broadcast],
      [3000, { kind: 'beat' }],
      [3500, tick],
      [6000, tick],
    ]);
    assert.deepEqual(done, []);
  });

  it('Z5 watches every new connection again', () => {
    const { done } = play([
      [0, { kind: 'beat' }],
      [10, heard],
      [1000, broadcast],
      [2000, { kind: 'connected' }],
      [2500, { kind: 'beat' }],
      [3000, broadcast],
      [5500, tick],
    ]);
    assert.deepEqual(done, ['5500 command_channel_silent']);
  });

  it('Z5 is not put off by a server that refuses one connection after the other', () => {
    const { done } = play([
      [0, { kind: 'beat' }],
      [1000, { kind: 'connected' }],
      [1000, { kind: 'beat' }],
      [2000, { kind: 'connected' }],
      [2000, broadcast],
      [3000, tick],
    ]);
    assert.deepEqual(done, ['3000 command_channel_silent']);
  });

  it('names the moment at which it wants to look again', () => {
    assert.equal(nextDeadline(openLiveness(settings, 0)), 4000);
    assert.equal(nextDeadline(play([[500, { kind: 'beat' }]]).state), 3500);
    assert.equal(nextDeadline(play([[3500, { kind: 'beat' }]]).state), 4000);
  });
});
