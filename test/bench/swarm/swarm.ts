import type { BenchRun } from '../run.ts';
import type { Worker } from '../worker.ts';
import type { SwarmPart } from './process.ts';

/** Simulated agents in processes of their own. */
export interface Swarm {
  readonly processes: readonly Worker[];
  /** When the runs of a job were begun, nanoseconds of the clock that all processes share. */
  runs(jobId: string): Promise<bigint[]>;
  /** What the agents logged so far, and how often. */
  logged(): Promise<ReadonlyMap<string, number>>;
}

/** An agent takes two descriptors, and a process has 20,000. */
export const MOST_IN_A_PROCESS = 4_000;
/** All processes together. */
const AT_ONCE = 48;

/** Starts the agents of these nodes; the server has answered each when it resolves. */
export async function startSwarm(
  run: BenchRun,
  part: Pick<SwarmPart, 'url' | 'nodes' | 'keys'>,
): Promise<Swarm> {
  const count = Math.ceil(part.nodes.length / MOST_IN_A_PROCESS);
  const processes = Array.from({ length: count }, () =>
    run.worker(new URL('./process.ts', import.meta.url)),
  );
  // The keys are shared by turns: each process begins with the first.
  const turns = Math.ceil(part.nodes.length / count / part.keys.length);
  const size = turns * part.keys.length;
  await Promise.all(
    processes.map((process, i) => {
      const nodes = part.nodes.slice(i * size, (i + 1) * size);
      const atOnce = Math.ceil(AT_ONCE / count);
      return process.ask('start', { ...part, nodes, output: 'done\n', atOnce });
    }),
  );
  return {
    processes,
    runs: async (jobId) =>
      (await Promise.all(processes.map((p) => p.ask<bigint[]>('runs', { jobId })))).flat(),
    logged: async () => {
      const all = new Map<string, number>();
      for (const process of processes) {
        for (const [said, n] of await process.ask<Map<string, number>>('logged')) {
          all.set(said, (all.get(said) ?? 0) + n);
        }
      }
      return all;
    },
  };
}
