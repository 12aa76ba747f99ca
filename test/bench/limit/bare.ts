import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatHttpDate, seal } from '@pushy/protocol';
import type { BenchRun } from '../run.ts';
import { MOST_IN_A_PROCESS } from '../swarm/swarm.ts';
import type { Worker } from '../worker.ts';
import type { BareNodes } from './dealers.ts';
import type { BareServer, Orders } from './router.ts';

/** The limit program: zeromq.js with CURVE and nothing of ours, in as many processes as the swarm has. */
export interface Bare {
  readonly server: Worker;
  readonly nodes: readonly Worker[];
  /** The five messages of a job for each node; milliseconds. */
  job(): Promise<number>;
  /** A heartbeat of each node and a broadcast, each second from now on. */
  beat(): Promise<void>;
  /** Ends it. */
  end(): Promise<void>;
}

/** Starts it; all nodes have been heard when it resolves. `output`: what each of them sends as captured. */
export async function startBare(run: BenchRun, count: number, output = 'done\n'): Promise<Bare> {
  const server = run.worker(new URL('./router.ts', import.meta.url));
  const where = await server.ask<BareServer>('open');
  const messages = sampleMessages(output);
  const parts = Math.ceil(count / MOST_IN_A_PROCESS);
  const nodes = Array.from({ length: parts }, () =>
    run.worker(new URL('./dealers.ts', import.meta.url)),
  );
  const sizes = nodes.map(
    (_, i) => Math.floor(((i + 1) * count) / parts) - Math.floor((i * count) / parts),
  );
  await Promise.all(
    nodes.map((worker, i) => {
      const about: BareNodes = { ...where, ...messages, count: sizes[i] ?? 0 };
      return worker.ask('start', about);
    }),
  );
  while ((await server.ask<number>('known')) < count) await sleep(20);
  const orders: Orders = messages;
  return {
    server,
    nodes,
    job: () => server.ask<number>('job', orders),
    beat: async () => {
      await server.ask('broadcast', { frames: messages.broadcast });
      await Promise.all(nodes.map((worker) => worker.ask('beat')));
    },
    end: async () => {
      for (const worker of [...nodes, server]) await worker.end();
    },
  };
}

/** Frames as the real ones are, byte for byte as long. */
function sampleMessages(output: string) {
  const key = { hmac_sha256: randomBytes(32) };
  const job = { job_id: randomUUID().replaceAll('-', '') };
  const fromServer = { sequence: 1, timestamp: formatHttpDate(Date.now()) };
  const fromAgent = (type: string, more: object): readonly Buffer[] =>
    seal(
      {
        node: 'node-00000',
        client: 'host.example.com',
        protocol_version: '2.0',
        org: 'acme',
        type,
        sequence: 10,
        timestamp: formatHttpDate(Date.now()),
        incarnation_id: randomUUID(),
        ...more,
      },
      key,
    );
  const commit = { type: 'commit', ...job, server: '127.0.0.1', command: 'say', capture: true };
  const run = { type: 'run', ...job };
  const broadcast = { server: '127.0.0.1', type: 'heartbeat', incarnation_id: randomUUID() };
  const size = (frames: readonly Buffer[]): number =>
    frames.reduce((sum, { length }) => sum + length, 0);
  const runFrames = seal({ ...fromServer, ...run }, key);
  return {
    commit: seal({ ...fromServer, ...commit }, key),
    run: runFrames,
    commitAbove: size(runFrames),
    vote: fromAgent('ack_commit', job),
    start: fromAgent('ack_run', job),
    end: fromAgent('succeeded', { ...job, stdout: output, stderr: '' }),
    heartbeat: fromAgent('heartbeat', { job_state: 'idle', job_id: null }),
    broadcast: [Buffer.alloc(400), seal({ ...fromServer, ...broadcast }, key)[1]],
  };
}
