import { performance } from 'node:perf_hooks';
import { createPublicKey } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { signRequest, readSignedHeaders, verifyRequest } from 'mixlib-authentication-ts';
import { figure, type Figure } from '../figure.ts';
import type { Load } from '../http-load.ts';
import { newKeyPair } from '../../helpers/keys.ts';
import { costOf, costSince, describeCost } from '../process-cost.ts';
import { LostMessagesError, type BenchRun } from '../run.ts';
import { KEYS, setStage, type Stage } from '../stage.ts';
import type { Swarm } from '../swarm/swarm.ts';
import { percentile } from '../percentile.ts';

/** 2,000 signed GETs a second, as microseconds of the server for one. */
const MAX_GET = 500;
/** Milliseconds. */
const MAX_POST_TO_RUN = 20;
const CONNECTIONS = 16;
/** GETs before those that count: until then much of what a request costs is the compiler's work. */
const WARM_UP = 5_000;
/**
 * Nodes that jobs are started on, in a process of their own as every real one: in one with all the others they would
 * wait until each of those has read the server's broadcast, 30 ms in each second.
 */
const ASKED = KEYS;
/** Milliseconds between two looks whether a job has come to its node. */
const PAUSE_MS = 10;

/** Signed requests, and the way from a POST to the node. */
export async function api(quick: boolean, run: BenchRun): Promise<Figure[]> {
  const nodes = run.nodes ?? (quick ? 20 : 1_000);
  const count = quick ? 2_000 : 20_000;
  const bareWorker = run.worker(new URL('../limit/fastify.ts', import.meta.url));
  const port = await bareWorker.ask<number>('open');
  const bare = await load(run, bareWorker.pid, { port, paths: ['/bare'], count });
  const rsa = proofMicroseconds();
  const stage = await setStage(run, nodes);
  const swarm = await stage.swarm(ASKED);
  const paths = stage.nodes.map((node) => `/organizations/acme/pushy/node_states/${node}`);
  const ours = await load(run, stage.server.program.pid, {
    port: stage.server.apiPort,
    paths,
    count,
    signers: stage.signers,
  });
  run.say(
    `${count} GETs of node_states, all different, of ${stage.signers.length} requesters, on ${CONNECTIONS} connections`,
  );
  run.say(`server, a GET: ${ours.words}`);
  run.say(
    `proof of a signature alone ${rsa.toFixed(1)} µs, a bare route ${bare.cpu.toFixed(1)} µs`,
  );
  const { pid } = stage.server.program;
  const posts = quick ? 100 : 1_000;
  // The first ones to warm it up.
  await postToRun(stage, swarm, posts / 5);
  const before = costOf(pid);
  const ways = await postToRun(stage, swarm, posts);
  const cost = costSince(before, costOf(pid));
  run.say(`server, a job of one node: ${describeCost(cost, posts, 'µs')}`);
  const row = { bench: 'api', nodes };
  const get = { figure: 'signed GET, server processor', value: ours.cpu, unit: 'µs' };
  const wall = { figure: 'signed GET, time', value: ours.wall, unit: 'µs' };
  const way = { unit: 'ms' };
  return [
    figure({ ...row, ...get }, null, MAX_GET),
    figure(
      { ...row, ...get, figure: 'the same, beside proof and bare route' },
      rsa + bare.cpu,
      null,
    ),
    figure({ ...row, ...wall }, bare.wall, null),
    figure(
      { ...row, ...way, figure: 'POST to run frame, p50', value: percentile(ways, 50) },
      null,
      null,
    ),
    figure(
      { ...row, ...way, figure: 'POST to run frame, p99', value: percentile(ways, 99) },
      null,
      MAX_POST_TO_RUN,
    ),
  ];
}

async function load(
  run: BenchRun,
  pid: number,
  what: Omit<Load, 'connections'>,
): Promise<{ cpu: number; wall: number; words: string }> {
  const worker = run.worker(new URL('../http-load.ts', import.meta.url));
  const about: Load = { ...what, connections: CONNECTIONS };
  await worker.ask('prepare', { ...about, count: WARM_UP });
  await worker.ask('send', about);
  await worker.ask('prepare', about);
  const before = costOf(pid);
  const begun = performance.now();
  const wrong = await worker.ask<number>('send', about);
  const wall = ((performance.now() - begun) * 1000) / about.count;
  const cost = costSince(before, costOf(pid));
  await worker.end();
  if (wrong > 0)
    throw new LostMessagesError(`${wrong} of ${about.count} GETs were not answered with 200`);
  return {
    cpu: (cost.cpu * 1000) / about.count,
    wall,
    words: describeCost(cost, about.count, 'µs'),
  };
}

/** RSA verification with all that a request needs around it, and no server. */
function proofMicroseconds(): number {
  const pair = newKeyPair();
  const key = createPublicKey(pair.publicKey);
  const request = { method: 'GET', path: '/organizations/acme/pushy/node_states/node-00000' };
  const now = Date.now();
  const headers = signRequest(request, { userId: 'alice', key: pair.privateKey }, now);
  const lower = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toLowerCase(), v]));
  const signed = readSignedHeaders(lower, now, 900_000);
  if (!signed.ok) throw new Error('the bench cannot sign');
  let best = Infinity;
  for (let pass = 0; pass < 5; pass++) {
    const before = process.cpuUsage();
    for (let i = 0; i < 2_000; i++) {
      verifyRequest(signed.value, { ...request, body: Buffer.alloc(0) }, key);
    }
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 2_000);
  }
  return best;
}

/** Milliseconds from the POST of a job for one node until that node has its `run`, one job after the other. */
async function postToRun(stage: Stage, swarm: Swarm, jobs: number): Promise<number[]> {
  const ways: number[] = [];
  for (let i = 0; i < jobs; i++) {
    const nodes = [stage.nodes[i % Math.min(ASKED, stage.nodes.length)]];
    const post = stage.prepare('jobs', { command: 'say', nodes });
    const begun = process.hrtime.bigint();
    const answer = await post();
    if (answer.status !== 201) throw new Error(`POST jobs: ${answer.status} ${answer.body}`);
    const id = (JSON.parse(answer.body) as { uri: string }).uri.slice(-32);
    const deadline = Date.now() + 10_000;
    let run: bigint | undefined;
    while (run === undefined && Date.now() < deadline) {
      // The agent has noted the time: whoever asks without a pause takes the processor away from what is measured.
      await sleep(PAUSE_MS);
      [run] = await swarm.runs(id);
    }
    if (run === undefined)
      throw new LostMessagesError(`job ${id} did not come to its node within 10 s`);
    ways.push(Number(run - begun) / 1e6);
  }
  return ways;
}
