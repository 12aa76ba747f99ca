import { setTimeout as sleep } from 'node:timers/promises';
import { figure, type Figure } from '../figure.ts';
import { memoryOf } from '../process-cost.ts';
import { LostMessagesError, type BenchRun } from '../run.ts';
import { setStage, type Stage } from '../stage.ts';
import type { Swarm } from '../swarm/swarm.ts';
import type { FeedsToOpen } from '../feed-readers.ts';
import type { Worker } from '../worker.ts';
import { runJob, type JobRound } from './job.ts';

const MAX_RATIO = 1.2;
/** Megabytes that readers who never read may cost: the buffers of the kernel are not the server's. */
const MAX_GROWTH = 64;
const DEAF = 50;

/** A job while many read along: its own feed and the organization's. */
export async function feeds(quick: boolean, run: BenchRun): Promise<Figure[]> {
  const nodes = run.nodes ?? (quick ? 100 : 1_000);
  const ofJob = quick ? 100 : 1_000;
  const ofOrg = quick ? 20 : 200;
  const rounds = quick ? 3 : 5;
  const stage = await setStage(run, nodes);
  const swarm = await stage.swarm();
  const { port, signer } = { port: stage.server.apiPort, signer: stage.signer };
  const worker = run.worker(new URL('../feed-readers.ts', import.meta.url));
  const base = { port, signer, isDeaf: false };
  const without: JobRound[] = [];
  const alongside: JobRound[] = [];
  for (let i = 0; i < rounds; i++) {
    without.push(await runJob(stage, swarm));
    alongside.push(await withReaders(stage, swarm, worker, { base, ofJob, ofOrg }));
  }
  const best = (of: readonly JobRound[]): number => Math.min(...of.map(({ ms }) => ms));
  const cpu = (of: readonly JobRound[]): number => Math.min(...of.map(({ cost }) => cost.cpu));
  run.say(
    `${ofOrg} readers of the organization's feed during each of ${rounds} jobs, and ${ofJob} of its own`,
  );

  const deafWorker = run.worker(new URL('../feed-readers.ts', import.meta.url));
  const path = '/organizations/acme/pushy/job_status_feed';
  await runJob(stage, swarm);
  const before = memoryOf(stage.server.program.pid);
  await deafWorker.ask('open', { ...base, path, count: DEAF, isDeaf: true });
  const jobs = quick ? 10 : 50;
  for (let i = 0; i < jobs; i++) {
    const { id } = await runJob(stage, swarm);
    const own: FeedsToOpen = { ...base, path: feedOf(id), count: 1, isDeaf: true };
    await deafWorker.ask('open', own);
  }
  const growth = memoryOf(stage.server.program.pid) - before;
  run.say(
    `${DEAF} readers of the organization's feed that never read, during ${jobs} jobs, and one of each job`,
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
        value: Math.max(0, growth),
      },
      null,
      MAX_GROWTH,
    ),
  ];
}

interface Readers {
  readonly base: Omit<FeedsToOpen, 'path' | 'count'>;
  readonly ofJob: number;
  readonly ofOrg: number;
}

/** A job with all its readers, who come as soon as it has a name, and read to the end. */
async function withReaders(
  stage: Stage,
  swarm: Swarm,
  worker: Worker,
  { base, ofJob, ofOrg }: Readers,
): Promise<JobRound> {
  await worker.ask('open', {
    ...base,
    path: '/organizations/acme/pushy/job_status_feed',
    count: ofOrg,
  });
  const round = await runJob(stage, swarm, (id) =>
    worker.ask('open', { ...base, path: feedOf(id), count: ofJob }),
  );
  const deadline = Date.now() + 60_000;
  let { ended } = await worker.ask<{ ended: number }>('read');
  while (ended < ofJob && Date.now() < deadline) {
    await sleep(100);
    ({ ended } = await worker.ask<{ ended: number }>('read'));
  }
  await worker.ask('close');
  if (ended < ofJob)
    throw new LostMessagesError(`${ended} of ${ofJob} feeds of the job came to their end`);
  return round;
}

function feedOf(id: string): string {
  return `/organizations/acme/pushy/job_status_feed/${id}`;
}
