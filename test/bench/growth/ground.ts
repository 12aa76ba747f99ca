import { runJob, type JobRound } from '../benches/job.ts';
import type { Figure } from '../figure.ts';
import type { Plot, Step } from '../plot/plot.ts';
import type { BenchRun } from '../run.ts';
import type { Stage } from '../stage.ts';
import type { Swarm } from '../swarm/swarm.ts';

/** Where all growth is measured: one server with its nodes. */
export interface Ground {
  readonly run: BenchRun;
  readonly stage: Stage;
  readonly swarm: Swarm;
  /** Jobs at each size, of which the best counts: the machine is shared. */
  readonly rounds: number;
}

/** What came of one thing that grew. */
export interface Growth {
  readonly figures: readonly Figure[];
  readonly plots: readonly Plot[];
}

/** The figures of these steps. */
export function figuresOf(...all: readonly (readonly Step[])[]): Figure[] {
  return all.flat().map(({ figure }) => figure);
}

/** Milliseconds of the best of some jobs, and milliseconds of the server's processor in the least of them. */
export async function bestJob(
  { stage, swarm, rounds }: Ground,
  nodes: readonly string[],
  command?: string,
): Promise<{ ms: number; cpu: number }> {
  const all: JobRound[] = [];
  for (let i = 0; i < rounds; i++) all.push(await runJob(stage, swarm, nodes, command));
  return {
    ms: Math.min(...all.map(({ ms }) => ms)),
    cpu: Math.min(...all.map(({ cost }) => cost.cpu)),
  };
}
