import { setTimeout as sleep } from 'node:timers/promises';
import { isFinished } from '@pushy/protocol';
import { jobStatusOf, nodeStatusOf } from '../../../server/src/db/status-codes.ts';
import { figure } from '../figure.ts';
import { plotOf, type Step } from '../plot/plot.ts';
import { LostMessagesError } from '../run.ts';
import type { Stage } from '../stage.ts';
import { figuresOf, type Ground, type Growth } from './ground.ts';
import type { BareJob } from './limits.ts';

/** Requests that are sent at the same time. */
const AT_ONCE = 16;
const PATIENCE_MS = 120_000;

/** The same nodes, divided among more and more jobs that run at the same time. */
export async function growWithJobs(
  { stage, rounds }: Ground,
  nodes: readonly string[],
  counts: readonly number[],
  limit: BareJob,
): Promise<Growth> {
  const steps: Step[] = [];
  for (const count of counts) {
    let best = Infinity;
    for (let i = 0; i < rounds; i++) best = Math.min(best, await runJobs(stage, nodes, count));
    const what = { figure: `jobs: ${count} at once, to all results`, value: best, unit: 'ms' };
    const row = { bench: 'growth', nodes: nodes.length, ...what };
    steps.push({ x: count, figure: figure(row, limit.ms, null) });
  }
  const plot = plotOf(
    {
      name: 'jobs',
      title: `${nodes.length} nodes in more and more jobs at once`,
      xLabel: 'jobs at once',
      yLabel: 'milliseconds until all results are durable',
      xScale: 'log',
      yScale: 'linear',
      limitName: 'limit program: the same messages',
    },
    steps,
  );
  return { figures: figuresOf(steps), plots: [plot] };
}

async function runJobs(stage: Stage, nodes: readonly string[], count: number): Promise<number> {
  await sleep(300);
  const posts = Array.from({ length: count }, (_, i) => {
    const of = nodes.filter((_node, n) => n % count === i);
    return stage.prepare('jobs', { command: 'say', nodes: of, capture_output: true });
  });
  const begun = performance.now();
  const ids: string[] = [];
  const postAll = async (): Promise<void> => {
    for (let post = posts.pop(); post !== undefined; post = posts.pop()) {
      const { status, body } = await post();
      if (status !== 201) throw new Error(`POST jobs: ${status} ${body}`);
      ids.push((JSON.parse(body) as { uri: string }).uri.slice(-32));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, postAll));
  while (!(await areFinished(stage, ids))) {
    if (performance.now() - begun > PATIENCE_MS) throw new Error('the jobs do not end');
    await sleep(5);
  }
  const ms = performance.now() - begun;
  await checkResults(stage, ids, nodes.length);
  return ms;
}

async function areFinished({ database }: Stage, ids: readonly string[]): Promise<boolean> {
  const { rows } = await database.query<{ status: number }>(
    'select distinct status from jobs where id = any($1)',
    [ids],
  );
  return rows.every(({ status }) => isFinished(jobStatusOf(status)));
}

async function checkResults(
  { database }: Stage,
  ids: readonly string[],
  count: number,
): Promise<void> {
  const { rows } = await database.query<{ status: number; n: string }>(
    'select status, count(*) as n from job_nodes where job_id = any($1) group by status',
    [ids],
  );
  const ends = rows.map(({ status, n }) => `${nodeStatusOf(status)} ${n}`).join(', ');
  if (ends !== `succeeded ${count}`) {
    throw new LostMessagesError(`of ${count} nodes in ${ids.length} jobs there are: ${ends}`);
  }
}
