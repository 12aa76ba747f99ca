import assert from 'node:assert/strict';
import { boundaries } from '../kill/boundaries.ts';
import { makeDice } from '../kill/dice.ts';
import { playRound, type Victim } from '../kill/round.ts';
import { makeKillWorld, type KillWorld } from '../kill/world.ts';
import { useScene } from './harness/scene.ts';

/** Five rounds of `npm run kill`, one of each kind. */
const rounds: readonly (readonly [victim: Victim, where: string | undefined])[] = [
  ['server', undefined],
  ['server', 'after the insert'],
  ['server', 'a node got its run'],
  ['server', 'before the commit of the save of an end'],
  ['postgres', undefined],
];

describe('kill -9 under load (Decisions 1, 2 and 3, J4)', () => {
  const scene = useScene('postgresql', 'reference agent');
  const dice = makeDice(1);
  let world: KillWorld | undefined;
  before('a server, PostgreSQL, agents of both kinds', async () => {
    world = await makeKillWorld(scene);
  });
  after('the proxy is closed', () => world?.end());

  for (const [victim, where] of rounds) {
    it(`of ${victim}, ${where ?? 'at any time'}: no job is lost, none runs twice, all end by the rules`, async () => {
      assert.ok(world !== undefined);
      const boundary = boundaries.find(({ name }) => name === where);
      assert.equal(boundary?.name, where);
      const { problems, where: killed } = await playRound({ world, dice, victim, boundary });
      assert.deepEqual(problems, []);
      assert.equal(killed, where ?? 'at any time');
    });
  }
});
