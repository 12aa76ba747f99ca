import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../helpers/until.ts';
import { figure, type Figure } from '../figure.ts';
import { percentile } from '../percentile.ts';
import { memoryOf } from '../process-cost.ts';
import { LostMessagesError, type BenchRun } from '../run.ts';
import { setStage } from '../stage.ts';
import type { FeedsToOpen } from '../feed-readers.ts';
import type { Worker } from '../worker.ts';
import { runJob, type JobRound } from './job.ts';

const MAX_RATIO = 1.2;
/** Megabytes that readers who never read may cost: the buffers of the kernel are not the server's. */
const MAX_GROWTH = 64;
const DEAF = 50;
/** Jobs before those that count, so that what is new to V8 is not counted for those without feeds. */
const WARM_UP = 3;
/** Looks at the memory of which the median counts. */
const LAST = 10;
const orgFeed = '/organizations/acme/pushy/job_status_feed';

/** A job while many feeds are open: of another job that goes on, and of the organization, which tells of all jobs. */
export async function feeds(quick: boolean, run: BenchRun): Promise<Figure[]> {
  const nodes = run.nodes ?? (quick ? 100 : 1_000);
  const ofJob = quick ? 100 : 1_000;
  const ofOrg = quick ? 20 : 200;
  const rounds = quick ? 5 : 7;
  const stage = await setStage(run, nodes + 1);
  const swarm = await stage.swarm();
  const [busy = '', ...idle] = stage.nodes;
  const base = { port: stage.server.apiPort, signer: stage.signer, isDeaf: false };
  const worker = run.worker(new URL('../feed-readers.ts', import.meta.url));
  const posted = await stage.ask('jobs', { command: 'wait', nodes: [busy] });
  const otherId = (JSON.parse(posted.body) as { uri: string }).uri.slice(-32);
  await until(
    'the endless job to run',
    async () => (await stage.ask(`jobs/${otherId}`)).body,
    (text) => text.includes('"running":[') || undefined,
  );
  const other = feedOf(otherId);
  const without: JobRound[] = [];
  const alongside: JobRound[] = [];
  for (let i = 0; i < WARM_UP; i++) await runJob(stage, swarm, idle);
  for (let i = 0; i < rounds; i++) {
    without.push(await runJob(stage, swarm, idle));
    await worker.ask('open', { ...base, path: orgFeed, count: ofOrg });
    await worker.ask('open', { ...base, path: other, count: ofJob });
    alongside.push(await runJob(stage, swarm, idle));
    await checkTold(worker, 2 * ofOrg);
  }
  const best = (of: readonly JobRound[]): number => Math.min(...of.map(({ ms }) => ms));
  const cpu = (of: readonly JobRound[]): number => Math.min(...of.map(({ cost }) => cost.cpu));
  run.say(
    `${ofOrg} feeds of the organization and ${ofJob} of a job that goes on, open during each of ${rounds} jobs`,
  );

  const deafWorker = run.worker(new URL('../feed-readers.ts', import.meta.url));
  const jobs = quick ? 10 : 30;
  /** Megabytes at the end of so many jobs; jobs and their rubbish alone make it swing. */
  const memoryOfJobs = async (onJob: (id: string) => Promise<void>): Promise<number> => {
    const seen: number[] = [];
    for (let i = 0; i < jobs; i++) {
      const { id } = await runJob(stage, swarm, idle);
      await onJob(id);
      seen.push(memoryOf(stage.server.program.pid));
    }
    return percentile(seen.slice(-LAST), 50);
  };
  const before = await memoryOfJobs(() => Promise.resolve());
  await deafWorker.ask('open', { ...base, path: orgFeed, count: DEAF, isDeaf: true });
  const after = await memoryOfJobs(async (id) => {
    const own: FeedsToOpen = { ...base, path: feedOf(id), count: 1, isDeaf: true };
    await deafWorker.ask('open', own);
  });
  run.say(
    `${DEAF} readers of the organization's feed that never read, during ${jobs} jobs, and one of each job: ${after.toFixed(0)} MB; after as many jobs without: ${before.toFixed(0)} MB`,
  );
  const row = { bench: 'feeds', nodes };
  const slower = { figure: 'job while feeds are read', unit: 'ms' };
  const dearer = { figure: 'server processor for that job', unit: 'ms' };
  return [
    figure({ ...row, ...slower, value: best(alongside) }, best(without), MAX_RATIO),
    figure({ ...row, ...dearer, value: cpu(alongside) }, cpu(without), null),
    figure(
      {
        ...row,
        figure: 'memory for readers that never read',
        unit: 'MB',
        value: Math.max(0, after - before),
      },
      null,
      MAX_GROWTH,
    ),
  ];
}

/** Each feed of the organization tells of the start and the end of the job; then all are closed. */
async function checkTold(worker: Worker, wanted: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  let told = await worker.ask<number>('told');
  while (told < wanted && Date.now() < deadline) {
    await sleep(50);
    told = await worker.ask<number>('told');
  }
  await worker.ask('close');
  if (told !== wanted) throw new LostMessagesError(`the readers heard ${told} events of ${wanted}`);
}

function feedOf(id: string): string {
  return `${orgFeed}/${id}`;
}
