import type { Figure } from '../figure.ts';
import { growWithFeeds } from '../growth/feeds.ts';
import { bestJob, type Ground } from '../growth/ground.ts';
import { growWithJobs } from '../growth/jobs.ts';
import { bareJob, type BareJob } from '../growth/limits.ts';
import { growWithNodes } from '../growth/nodes.ts';
import { growWithOutput } from '../growth/output.ts';
import type { BenchRun } from '../run.ts';
import { setStage } from '../stage.ts';

/** What grows, up to where. */
const SIZES = {
  quick: {
    rounds: 2,
    nodes: [20, 50, 100, 200],
    // Of which all but the first are measured at so many nodes.
    among: 100,
    jobs: [1, 5, 20, 100],
    feeds: [10, 20, 40],
    output: [100, 1_000, 10_000],
  },
  whole: {
    rounds: 5,
    nodes: [100, 300, 1_000, 3_000, 9_000],
    among: 1_000,
    jobs: [1, 10, 100, 1_000],
    feeds: [50, 100, 200, 400],
    output: [100, 1_000, 10_000, 50_000],
  },
};
/** Milliseconds, ten times the default: nodes that wait are not what grows here. */
const INTERVAL_MS = 10_000;

/** How the cost of jobs grows with nodes, jobs at once, open feeds and output; a plot of each. */
export async function growth(quick: boolean, run: BenchRun): Promise<Figure[]> {
  const size = quick ? SIZES.quick : SIZES.whole;
  const most = run.nodes ?? size.nodes.at(-1) ?? 0;
  const among = Math.min(size.among, most);
  const byNodes = await bareBy(
    size.nodes.filter((nodes) => nodes <= most),
    (nodes) => bareJob(run, size.rounds, nodes),
  );
  const byOutput = await bareBy(size.output, (bytes) =>
    bareJob(run, size.rounds, among, 'x'.repeat(bytes)),
  );
  const limit = await bareJob(run, size.rounds, among);
  const stage = await setStage(run, most, { heartbeat_interval: INTERVAL_MS });
  const swarm = await stage.swarm();
  run.say(`the best of ${size.rounds} jobs at each size`);
  const ground: Ground = { run, stage, swarm, rounds: size.rounds };
  // The first jobs find a server that has not compiled its code yet.
  await bestJob(ground, stage.nodes);
  const some = stage.nodes.slice(0, among);
  const jobs = size.jobs.filter((count) => count <= among);
  const all = [
    await growWithNodes(ground, byNodes),
    await growWithJobs(ground, some, jobs, limit),
    await growWithFeeds(ground, some, size.feeds),
    await growWithOutput(ground, some, byOutput),
  ];
  await stage.end();
  for (const plot of all.flatMap(({ plots }) => plots)) run.plot(plot);
  return all.flatMap(({ figures }) => figures);
}

async function bareBy(
  sizes: readonly number[],
  measure: (size: number) => Promise<BareJob>,
): Promise<Map<number, BareJob>> {
  const all = new Map<number, BareJob>();
  for (const size of sizes) all.set(size, await measure(size));
  return all;
}
