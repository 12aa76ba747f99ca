import { setTimeout as sleep } from 'node:timers/promises';
import type { Boundary } from './boundaries.ts';
import type { Dice } from './dice.ts';
import { judge, type Judgement } from './judge.ts';
import { startLoad, type Load } from './load.ts';
import { groups, type KillWorld } from './world.ts';

/** What is killed. */
export type Victim = 'server' | 'postgres';

/** One round: what was killed where, and what became of the jobs. */
export interface Round extends Judgement {
  readonly victim: Victim;
  readonly where: string;
  /** Milliseconds from the start of the victim's next life until no job was in flight. */
  readonly settledAfter: number;
}

/** What a round is to do. */
export interface RoundSettings {
  readonly world: KillWorld;
  readonly dice: Dice;
  readonly victim: Victim;
  /** Undefined: at any time. */
  readonly boundary: Boundary | undefined;
}

/** Milliseconds that a trap waits; the load passes every boundary many times in it. */
const patience = 15_000;
/** Milliseconds: a kill at any time comes within this one. */
const anyTime = 3000;
/** Milliseconds for which the database is away at most. */
const outage = 2000;

/** Puts a load on the world, kills at the boundary, starts the victim again, waits for the jobs and judges. */
export async function playRound(settings: RoundSettings): Promise<Round> {
  const { world, dice, victim, boundary } = settings;
  await world.available();
  const before = new Set((await world.jobs()).map(({ id }) => id));
  const load = startLoad({ port: world.port, signer: world.signer, dice, groups });
  await sleep(dice.below(500));
  const reached = await killAt(settings);
  const from = performance.now();
  if (victim === 'server') await restartServer(world, load);
  else await restartPostgres(world, dice, load);
  await world.settled();
  const settledAfter = performance.now() - from;
  const deaf = await world.renewDeaf();
  // Ours keep their results until the server has them (Decision 5).
  const mayLose = victim === 'server' ? world.nodes.filter((node) => !node.startsWith('ours')) : [];
  const judged = await judge({ world, load, before, deaf, mayLose });
  if (!world.serverLives()) judged.problems.push('the server has ended by itself');
  const where = boundary === undefined ? 'at any time' : boundary.name;
  return { ...judged, victim, where: reached ? where : `${where} (not reached)`, settledAfter };
}

/** False when the boundary was not reached in time: killed all the same. */
async function killAt({ world, dice, victim, boundary }: RoundSettings): Promise<boolean> {
  let killing: Promise<void> = Promise.resolve();
  const kill = (): void => {
    if (victim === 'server') world.killServer();
    else killing = world.killPostgres();
  };
  if (boundary === undefined) {
    await sleep(dice.below(anyTime));
    kill();
    await killing;
    return true;
  }
  const reached = await new Promise<boolean>((resolve) => {
    const end = (isReached: boolean): void => {
      clearTimeout(late);
      disarm();
      kill();
      resolve(isReached);
    };
    const late = setTimeout(() => {
      end(false);
    }, patience);
    const disarm = boundary.arm(world, () => {
      end(true);
    });
  });
  await killing;
  return reached;
}

async function restartServer(world: KillWorld, load: Load): Promise<void> {
  await load.stop();
  await world.startServer();
}

/** The load goes on while the database is away, and a moment longer: its jobs are judged as well. */
async function restartPostgres(world: KillWorld, dice: Dice, load: Load): Promise<void> {
  await sleep(dice.below(outage));
  await world.startPostgres();
  await sleep(1000);
  await load.stop();
}
