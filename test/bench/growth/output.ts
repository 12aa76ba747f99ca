import { figure } from '../figure.ts';
import { plotOf, type Step } from '../plot/plot.ts';
import { bestJob, figuresOf, type Ground, type Growth } from './ground.ts';
import type { BareJob } from './limits.ts';

/** One job whose nodes send more and more output, all of which is stored. `bare`: the limit program by bytes of output. */
export async function growWithOutput(
  ground: Ground,
  nodes: readonly string[],
  bare: ReadonlyMap<number, BareJob>,
): Promise<Growth> {
  const steps: Step[] = [];
  for (const [bytes, limit] of bare) {
    const { ms } = await bestJob(ground, nodes, `print ${bytes}`);
    const what = { figure: `output: job, ${bytes} bytes of each node`, value: ms, unit: 'ms' };
    const row = { bench: 'growth', nodes: nodes.length, ...what };
    steps.push({ x: bytes, figure: figure(row, limit.ms, null) });
  }
  const plot = plotOf(
    {
      name: 'output',
      title: `A job for ${nodes.length} nodes and its output`,
      xLabel: 'bytes of output of each node',
      yLabel: 'milliseconds until all results are durable',
      xScale: 'log',
      yScale: 'log',
    },
    steps,
  );
  return { figures: figuresOf(steps), plots: [plot] };
}
