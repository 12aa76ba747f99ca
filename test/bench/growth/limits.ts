import { setTimeout as sleep } from 'node:timers/promises';
import { startBare } from '../limit/bare.ts';
import { costOf, costSince } from '../process-cost.ts';
import type { BenchRun } from '../run.ts';

/** What the limit program takes for the messages of a job, the best of some. */
export interface BareJob {
  readonly ms: number;
  /** Milliseconds of its server's processor. */
  readonly cpu: number;
}

/** Runs it for so many nodes, with so much output of each. */
export async function bareJob(
  run: BenchRun,
  rounds: number,
  count: number,
  output?: string,
): Promise<BareJob> {
  const bare = await startBare(run, count, output);
  let [ms, cpu] = [Infinity, Infinity];
  for (let i = 0; i < rounds; i++) {
    const before = costOf(bare.server.pid);
    ms = Math.min(ms, await bare.job());
    cpu = Math.min(cpu, costSince(before, costOf(bare.server.pid)).cpu);
    await sleep(200);
  }
  await bare.end();
  return { ms, cpu };
}
