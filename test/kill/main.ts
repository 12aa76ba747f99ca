// `npm run kill -- [--rounds N] [--postgres] [--seed S]`: kill -9 of the server, or of PostgreSQL, under load: at
// every boundary in turn and at any time between. Exit code 1 when a job was lost, run twice or settled against
// the rules. Needs what `npm run provision` installs.
import { parseArgs } from 'node:util';
import type { Program } from '../helpers/program.ts';
import { makeWorkplace } from '../helpers/workplace.ts';
import { boundaries } from './boundaries.ts';
import { makeDice } from './dice.ts';
import { playRound, type Round } from './round.ts';
import { describeRound, summary, title } from './table.ts';
import { makeKillWorld } from './world.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    postgres: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const count = Number(values.rounds);
const seed = Number(values.seed);
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(seed)) {
  process.stderr.write('usage: npm run kill -- [--rounds N] [--postgres] [--seed S]\n');
  process.exitCode = 2;
} else await kill();

async function kill(): Promise<void> {
  const victim = values.postgres ? 'postgres' : 'server';
  const dice = makeDice(seed);
  const workplace = await makeWorkplace();
  const rounds: Round[] = [];
  try {
    const world = await makeKillWorld(workplace);
    process.stdout.write(`kill -9 of the ${victim}, seed ${seed}\n${title()}\n`);
    for (let i = 0; i < count; i++) {
      // Every second round strikes at any time.
      const boundary = i % 2 === 0 ? boundaries[(i / 2) % boundaries.length] : undefined;
      const round = await playRound({ world, dice, victim, boundary });
      rounds.push(round);
      process.stdout.write(`${describeRound(i + 1, round)}\n`);
      for (const problem of round.problems) process.stdout.write(`    *** ${problem}\n`);
      process.stdout.write(loggedOf(round.problems, workplace.programs));
    }
    await world.end();
  } catch (error) {
    process.exitCode = 1;
    process.stdout.write(`*** ${error instanceof Error ? error.message : String(error)}\n`);
    // Of each name the last alone: a server has many lives.
    for (const [name, program] of new Map(workplace.programs.map((one) => [one.name, one]))) {
      process.stdout.write(`--- the last of ${name}\n${program.output().slice(-6000)}\n`);
    }
  } finally {
    await workplace.end();
  }
  process.stdout.write(`${summary(rounds)}\n`);
  if (rounds.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
}

/** What all programs logged of the jobs that the problems name. */
function loggedOf(problems: readonly string[], programs: readonly Program[]): string {
  const jobs = new Set(problems.flatMap((problem) => problem.match(/[0-9a-f]{32}/g) ?? []));
  const lines = programs.flatMap((program) =>
    program
      .output()
      .split('\n')
      .filter((line) => [...jobs].some((id) => line.includes(id)))
      .map((line) => `    ${program.name}: ${line}\n`),
  );
  return jobs.size === 0 ? '' : lines.join('');
}
