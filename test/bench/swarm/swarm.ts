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

/**
 * Starts the agents of these nodes; the server has answered each when it resolves. The first `apart`, a multiple of the
 * number of keys, have a process of their own: they do not wait for what the others hear.
 */
export async function startSwarm(
  run: BenchRun,
  part: Pick<SwarmPart, 'url' | 'nodes' | 'keys'>,
  apart = 0,
): Promise<Swarm> {
  const { nodes, keys } = part;
  const parts = [
    ...(apart > 0 ? [nodes.slice(0, apart)] : []),
    ...shared(nodes.slice(apart), keys.length),
  ];
  const processes = parts.map(() => run.worker(new URL('./process.ts', import.meta.url)));
  const atOnce = Math.ceil(AT_ONCE / parts.length);
  await Promise.all(
    processes.map((process, i) =>
      process.ask('start', { ...part, nodes: parts[i], output: 'done\n', atOnce }),
    ),
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

/** In as many parts as there must be. The keys are shared by turns: each part begins with the first. */
function shared(nodes: readonly string[], keys: number): (readonly string[])[] {
  const count = Math.ceil(nodes.length / MOST_IN_A_PROCESS);
  const size = Math.ceil(nodes.length / count / keys) * keys;
  return Array.from({ length: count }, (_, i) => nodes.slice(i * size, (i + 1) * size));
}
