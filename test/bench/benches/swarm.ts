import { setTimeout as sleep } from 'node:timers/promises';
import { figure, type Figure } from '../figure.ts';
import { costOf, costSince, describeCost, descriptorsOf, memoryOf } from '../process-cost.ts';
import type { BenchRun } from '../run.ts';
import { setStage } from '../stage.ts';

/** Microseconds of a processor, each second: nine thousand on less than one of two, beside their server. Not for few. */
const MAX_CPU = 80;
/** Two connections, and what the process has for itself, which counts where there are few. */
const MAX_DESCRIPTORS = 2.1;

/** What the simulated agents themselves cost: a bench whose nodes eat the machine measures the nodes. */
export async function swarm(quick: boolean, run: BenchRun): Promise<Figure[]> {
  const nodes = run.nodes ?? (quick ? 200 : 9_000);
  const stage = await setStage(run, nodes);
  const { processes } = await stage.swarm();
  const seconds = quick ? 5 : 20;
  const before = processes.map(({ pid }) => costOf(pid));
  await sleep(seconds * 1000);
  const costs = processes.map(({ pid }, i) => {
    const first = before[i];
    return first === undefined ? costOf(pid) : costSince(first, costOf(pid));
  });
  for (const cost of costs) {
    run.say(describeCost(cost, (nodes / processes.length) * seconds, 'µs an agent and second'));
  }
  const total = (of: (pid: number) => number): number =>
    processes.reduce((sum, { pid }) => sum + of(pid), 0);
  const cpu = costs.reduce((sum, cost) => sum + cost.cpu, 0);
  const row = { bench: 'swarm', nodes };
  const unheard = nodes - (await stage.counts()).sum('pushy_nodes_available');
  return [
    figure(
      {
        ...row,
        figure: 'processor for an agent that is idle',
        value: (cpu * 1000) / nodes / seconds,
        unit: 'µs/s',
      },
      null,
      quick ? null : MAX_CPU,
    ),
    figure(
      { ...row, figure: 'descriptors an agent', value: total(descriptorsOf) / nodes, unit: '' },
      null,
      quick ? null : MAX_DESCRIPTORS,
    ),
    figure(
      { ...row, figure: 'memory an agent', value: (total(memoryOf) * 1024) / nodes, unit: 'KB' },
      null,
      null,
    ),
    figure({ ...row, figure: 'agents that are not available', value: unheard, unit: '' }, null, 0),
  ];
}
