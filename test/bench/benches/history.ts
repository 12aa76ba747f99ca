import { figure, type Figure } from '../figure.ts';
import { LostMessagesError, type BenchRun } from '../run.ts';
import { setStage, type Stage } from '../stage.ts';
import type { Swarm } from '../swarm/swarm.ts';
import { runJob } from './job.ts';

const MAX_RATIO = 1.1;
/** Jobs of these nodes each, as a site leaves them behind. */
const NODES_OF_A_JOB = 3;

/** What old jobs in the database cost: the same requests with none and with very many. */
export async function history(quick: boolean, run: BenchRun): Promise<Figure[]> {
  const nodes = run.nodes ?? 20;
  const jobs = quick ? 10_000 : 100_000;
  const rounds = quick ? 100 : 500;
  const stage = await setStage(run, nodes);
  const swarm = await stage.swarm();
  // A page of the list is full before and after.
  for (let i = 0; i < 12; i++) await runJob(stage, swarm);
  await measure(stage, swarm, rounds);
  const before = await measure(stage, swarm, rounds);
  await addOldJobs(stage, jobs);
  run.say(
    `${jobs} old jobs with ${NODES_OF_A_JOB} nodes each; ${rounds} requests of each kind, the median`,
  );
  await measure(stage, swarm, rounds);
  const after = await measure(stage, swarm, rounds);
  const row = { bench: 'history', nodes, unit: 'ms' };
  return [
    figure({ ...row, figure: 'list of 10 jobs', value: after.list }, before.list, MAX_RATIO),
    figure({ ...row, figure: 'one job', value: after.one }, before.one, MAX_RATIO),
    figure({ ...row, figure: 'start of a job', value: after.start }, before.start, MAX_RATIO),
  ];
}

/** Medians, milliseconds. */
async function measure(stage: Stage, swarm: Swarm, rounds: number) {
  const { id } = await runJob(stage, swarm);
  const nodes = stage.nodes.slice(0, 1);
  const list: number[] = [];
  const one: number[] = [];
  const start: number[] = [];
  for (let i = 0; i < rounds; i++) {
    list.push(await time(stage, 'jobs?limit=10'));
    one.push(await time(stage, `jobs/${id}`));
    if (i % 5 === 0) start.push(await time(stage, 'jobs', { command: 'say', nodes }));
  }
  return { list: median(list), one: median(one), start: median(start) };
}

async function time(stage: Stage, path: string, body?: object): Promise<number> {
  const begun = performance.now();
  const { status } = await stage.ask(path, body);
  const ms = performance.now() - begun;
  if (status !== 200 && status !== 201) throw new LostMessagesError(`${path}: ${status}`);
  return ms;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** As they were over a year, all finished, of the same organization. */
async function addOldJobs({ database }: Stage, count: number): Promise<void> {
  await database.query(
    `with old as (
       insert into jobs (id, org_id, org_name, requester, command, status, quorum, run_timeout, created_at, updated_at)
       select md5(i::text), (select guid from directory_organizations), 'acme', 'alice', 'say', 2, 3, 3600, at, at
       from generate_series(1, $1::int) as i, lateral (select now() - i * interval '5 minutes' as at) as t
       returning id, org_id, created_at
     )
     insert into job_nodes (job_id, org_id, node_name, status, created_at, updated_at)
     select old.id, old.org_id, 'node-0000' || n, 3, old.created_at, old.created_at
     from old, generate_series(0, $2::int - 1) as n`,
    [count, NODES_OF_A_JOB],
  );
  await database.query('analyze');
}
