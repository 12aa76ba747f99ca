import { figure, type Figure } from '../figure.ts';
import { percentile } from '../percentile.ts';
import { LostMessagesError, type BenchRun } from '../run.ts';
import { setStage, type Stage } from '../stage.ts';
import { runJob } from './job.ts';

const MAX_RATIO = 1.1;
/** Jobs of these nodes each, as a site leaves them behind. */
const NODES_OF_A_JOB = 3;

/** What old jobs in the database cost: the same requests to a server that has very many and to one that has none. */
export async function history(quick: boolean, run: BenchRun): Promise<Figure[]> {
  const nodes = run.nodes ?? 20;
  const jobs = quick ? 10_000 : 100_000;
  const rounds = quick ? 100 : 1_000;
  const [none, many] = [await open(run, nodes), await open(run, nodes)];
  await addOldJobs(many.stage, jobs);
  run.say(
    `${jobs} old jobs with ${NODES_OF_A_JOB} nodes each; ${rounds} requests of each kind, to both by turns; medians`,
  );
  await measure(none, many, rounds / 5);
  const [before, after] = await measure(none, many, rounds);
  const row = { bench: 'history', nodes, unit: 'ms' };
  return [
    figure({ ...row, figure: 'list of 10 jobs', value: after.list }, before.list, MAX_RATIO),
    figure({ ...row, figure: 'one job', value: after.one }, before.one, MAX_RATIO),
    figure({ ...row, figure: 'start of a job', value: after.start }, before.start, MAX_RATIO),
  ];
}

interface Opened {
  readonly stage: Stage;
  /** A job of today. */
  readonly id: string;
}

/** A server with a page of jobs. */
async function open(run: BenchRun, nodes: number): Promise<Opened> {
  const stage = await setStage(run, nodes);
  const swarm = await stage.swarm();
  const ids: string[] = [];
  for (let i = 0; i < 10; i++) ids.push((await runJob(stage, swarm)).id);
  return { stage, id: ids[0] ?? '' };
}

/** Both in turn, so that what else this machine does meets both. */
async function measure(none: Opened, many: Opened, rounds: number) {
  const both = [none, many].map((opened) => {
    const times = { list: [] as number[], one: [] as number[], start: [] as number[] };
    return { ...opened, times };
  });
  for (let i = 0; i < rounds; i++) {
    // Whoever comes second meets what the first has left to do.
    for (const { stage, id, times } of i % 2 === 0 ? both : both.toReversed()) {
      const nodes = [stage.nodes[i % stage.nodes.length]];
      times.list.push(await time(stage, 'jobs?limit=10'));
      times.one.push(await time(stage, `jobs/${id}`));
      times.start.push(await time(stage, 'jobs', { command: 'say', nodes }));
    }
  }
  const [first, second] = both.map(({ times }) => ({
    list: percentile(times.list, 50),
    one: percentile(times.one, 50),
    start: percentile(times.start, 50),
  }));
  if (first === undefined || second === undefined) throw new Error('nothing was measured');
  return [first, second] as const;
}

async function time(stage: Stage, path: string, body?: object): Promise<number> {
  const send = stage.prepare(path, body);
  const begun = performance.now();
  const { status } = await send();
  const ms = performance.now() - begun;
  if (status !== 200 && status !== 201) throw new LostMessagesError(`${path}: ${status}`);
  return ms;
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
