import { figure } from '../figure.ts';
import type { FeedsToOpen } from '../feed-readers.ts';
import { plotOf, type Step } from '../plot/plot.ts';
import { bestJob, figuresOf, type Ground, type Growth } from './ground.ts';

const MAX_RATIO = 1.2;
/** For so many nodes and up to so many open feeds, a job may take a fifth longer than without any. */
const GOAL_AT = { nodes: 1_000, feeds: 200 };

/** One job while more and more readers follow the feed of its organization. */
export async function growWithFeeds(
  ground: Ground,
  nodes: readonly string[],
  counts: readonly number[],
): Promise<Growth> {
  const { run, stage } = ground;
  const readers = run.worker(new URL('../feed-readers.ts', import.meta.url));
  const path = '/organizations/acme/pushy/job_status_feed';
  const base = { port: stage.server.apiPort, signer: stage.signer, isDeaf: false, path };
  const steps: Step[] = [];
  for (const count of counts) {
    // Beside each other, so that what else this machine does meets both.
    const { ms: without } = await bestJob(ground, nodes);
    const about: FeedsToOpen = { ...base, count };
    await readers.ask('open', about);
    const { ms } = await bestJob(ground, nodes);
    await readers.ask('close');
    const what = { figure: `feeds: job beside ${count}`, value: ms, unit: 'ms' };
    const row = { bench: 'growth', nodes: nodes.length, ...what };
    const isAsked = nodes.length >= GOAL_AT.nodes && count <= GOAL_AT.feeds;
    steps.push({ x: count, figure: figure(row, without, isAsked ? MAX_RATIO : null) });
  }
  await readers.end();
  const plot = plotOf(
    {
      name: 'feeds',
      title: `A job for ${nodes.length} nodes while feeds of the organization are read`,
      xLabel: 'open feeds',
      yLabel: 'milliseconds until all results are durable',
      xScale: 'linear',
      yScale: 'linear',
      limitName: 'without feeds',
    },
    steps,
  );
  return { figures: figuresOf(steps), plots: [plot] };
}
