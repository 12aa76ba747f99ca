import assert from 'node:assert/strict';
import { boundaries } from '../kill/boundaries.ts';
import { makeDice } from '../kill/dice.ts';
import { playRound, type Victim } from '../kill/round.ts';
import { makeKillWorld, type KillWorld } from '../kill/world.ts';
import { useScene } from './harness/scene.ts';

/** Five rounds of `npm run kill` for each victim. */
const rounds: Readonly<Record<Victim, readonly (string | undefined)[]>> = {
  server: [
    undefined,
    'after the insert',
    'a node got its run',
    'after the save of a result',
    'before the save of an end',
  ],
  postgres: [
    undefined,
    'before the insert',
    'before the save of a run',
    'before the save of a result',
    'after the save of an end',
  ],
};
const all = (Object.keys(rounds) as Victim[]).flatMap((victim) =>
  rounds[victim].map((where) => ({ victim, where })),
);

describe('kill -9 under load (Decisions 1, 2 and 3, J4)', () => {
  const scene = useScene('postgresql', 'reference agent');
  const dice = makeDice(1);
  let world: KillWorld | undefined;
  before('a server, PostgreSQL, agents of both kinds', async () => {
    world = await makeKillWorld(scene);
  });
  after('the proxy is closed', () => world?.end());

  for (const { victim, where } of all) {
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
