import assert from 'node:assert/strict';
import { makeTwins, type Speaker, type Twins } from '../../../../server/src/dispatcher/twins.ts';

describe('two agents that speak for one node', () => {
  let said: object[];
  let twins: Twins;
  beforeEach(() => {
    said = [];
    twins = makeTwins(1000, {
      warn: (fields, message) => said.push({ ...fields, message }),
    });
  });

  const speaker = (incarnation: string, change: Partial<Speaker> = {}): Speaker => ({
    orgId: 'o',
    node: 'web01',
    incarnation,
    host: `host-${incarnation}`,
    ...change,
  });
  const warning = {
    orgId: 'o',
    node: 'web01',
    hosts: ['host-a', 'host-b'],
    message: 'two agents speak for one node',
  };
  const alternate = (from: number, until: number, step = 1000): void => {
    for (let now = from, turn = 0; now < until; now += step, turn++) {
      twins.spoke(speaker(turn % 2 === 0 ? 'a' : 'b'), now);
      twins.prune(now);
    }
  };

  it('are told of with both hosts, once a minute at most', () => {
    alternate(0, 5000);
    assert.deepEqual(said, []);
    alternate(5000, 59_000);
    assert.deepEqual(said, [warning]);
    alternate(59_000, 75_000);
    assert.deepEqual(said, [warning, warning]);
  });

  it('are not an agent that is restarted again and again, or that connects again, or two of different nodes', () => {
    for (let i = 0; i < 50; i++) {
      twins.spoke(speaker(`${i}`), i * 1000);
      twins.spoke(speaker('same', { node: 'web02' }), i * 1000);
      twins.spoke(speaker(`${i % 2}`, { node: i % 2 === 0 ? 'web03' : 'web04' }), i * 1000);
      twins.spoke(speaker(`${i % 2}`, { orgId: i % 2 === 0 ? 'p' : 'q' }), i * 1000);
    }
    twins.spoke(undefined, 0);
    assert.deepEqual(said, []);
  });

  it('are nothing when they take turns each quarter of an hour', () => {
    alternate(0, 100 * 900_000, 900_000);
    assert.deepEqual(said, []);
  });

  it('are seen where the clock of one is behind, so that it is never let in, unless the other has gone silent', () => {
    const there = (lastHeartbeat: number) => ({
      record: { incarnation: 'a' },
      lastHeartbeat: { lastHeartbeat },
    });
    twins.spoke(speaker('a'), 0);
    for (let now = 500; now < 10_000; now += 1000) twins.refused(speaker('b'), there(100), now);
    assert.deepEqual(said, []);
    for (let now = 20_500; now < 30_000; now += 1000) {
      twins.refused(speaker('b'), there(now - 400), now);
    }
    assert.deepEqual(said, [warning]);
    // What is played again of an agent that is there, or where there is none, says nothing.
    for (let now = 90_500; now < 99_000; now += 1000) {
      twins.refused(speaker('a'), there(now - 400), now);
      twins.refused(speaker('b'), undefined, now);
    }
    assert.deepEqual(said, [warning]);
  });
});
