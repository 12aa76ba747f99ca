import { figure } from '../figure.ts';
import { plotOf, type Step } from '../plot/plot.ts';
import { bestJob, figuresOf, type Ground, type Growth } from './ground.ts';
import type { BareJob } from './limits.ts';

/** Messages that a job is, for each node. */
const MESSAGES = 5;
const MAX_RATIO = 3;
/** Below it, what a job costs whatever its size is more than its messages do. */
const GOAL_FROM = 1_000;

/** One job for more and more nodes. `bare`: the limit program by number of nodes. */
export async function growWithNodes(
  ground: Ground,
  bare: ReadonlyMap<number, BareJob>,
): Promise<Growth> {
  const whole: Step[] = [];
  const share: Step[] = [];
  for (const [nodes, limit] of bare) {
    const { ms, cpu } = await bestJob(ground, ground.stage.nodes.slice(0, nodes));
    const row = { bench: 'growth', nodes };
    const goal = nodes < GOAL_FROM ? null : MAX_RATIO;
    const time = { figure: 'nodes: POST to all results durable', value: ms, unit: 'ms' };
    whole.push({ x: nodes, figure: figure({ ...row, ...time }, limit.ms, goal) });
    const each = (cost: number): number => (cost * 1000) / nodes / MESSAGES;
    const cost = { figure: 'nodes: server processor a message', value: each(cpu), unit: 'µs' };
    share.push({ x: nodes, figure: figure({ ...row, ...cost }, each(limit.cpu), goal) });
  }
  const axes = { xLabel: 'nodes of one job', xScale: 'log' } as const;
  return {
    figures: figuresOf(whole, share),
    plots: [
      plotOf(
        {
          ...axes,
          name: 'nodes',
          title: 'One job: from the POST until all results are durable',
          yLabel: 'milliseconds',
          yScale: 'log',
        },
        whole,
      ),
      plotOf(
        {
          ...axes,
          name: 'nodes-processor',
          title: 'One job: processor of the server for each message',
          yLabel: 'microseconds a message',
          yScale: 'linear',
        },
        share,
      ),
    ],
  };
}
