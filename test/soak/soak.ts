import { fileURLToPath } from 'node:url';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { built } from '../helpers/built.ts';
import { freePort } from '../helpers/free-port.ts';
import type { Program } from '../helpers/program.ts';
import { makeDice } from '../kill/dice.ts';
import { startLoad, type Load } from '../kill/load.ts';
import { makeMarks, type Marks } from '../kill/marks.ts';
import { writeAgentConfig } from '../system/harness/agent-config.ts';
import { startPushyServer } from '../system/harness/pushy-server.ts';
import type { Scene } from '../system/harness/scene.ts';
import { startStandalone, type Standalone } from '../system/harness/standalone.ts';
import type { WatchedJob } from '../system/harness/watcher.ts';
import { makeSampler, type Trend } from './sample.ts';

/** What a soak does. */
export interface SoakOptions {
  readonly seconds: number;
  /** Between two restarts of the server, seconds. */
  readonly restartEvery: number;
}

/** What came of it. */
export interface SoakReport {
  readonly jobs: number;
  /** Of a node, counted outside of the product. */
  readonly runs: number;
  readonly restarts: number;
  readonly trends: readonly Trend[];
  /** What must not be; empty when all is well. */
  readonly problems: readonly string[];
}

const GROUPS = [['ours-a', 'ours-b'], ['ours-c'], ['ours-d']] as const;
const NODES = GROUPS.flat();
const MS_INTERVAL = 1000;
/** Looks at each agent, in all. */
const LOOKS = 120;
/** Part of the time that belongs to the start. */
const WARM_UP = 0.2;
/** Milliseconds for all jobs to end, when no more are posted. */
const PATIENCE_MS = 120_000;

/** Jobs without a pause on agents of ours, whose server is restarted now and then, by TERM and by KILL. */
export async function soak(
  scene: Scene,
  { seconds, restartEvery }: SoakOptions,
): Promise<SoakReport> {
  const marks = await makeMarks(await scene.subdir('marks'));
  const print = "head -c 20000 /dev/zero | tr '\\0' x; head -c 200 /dev/urandom >&2";
  const stage = await startStandalone(scene, {
    server: {
      heartbeat_interval: MS_INTERVAL,
      voting_timeout: 10,
      log_level: 'info',
      // The same after a restart.
      api_port: await freePort(),
      command_port: await freePort(),
      server_heartbeat_port: await freePort(),
    },
    nodes: NODES,
    whitelist: () => ({ mark: `${print}; exec ${marks.command}` }),
  });
  const lagDir = await scene.subdir('lag');
  const agents = await Promise.all(NODES.map((node) => startAgent(scene, stage, node, lagDir)));
  await stage.watcher.available(NODES, PATIENCE_MS);
  const load = startLoad({
    port: stage.server.apiPort,
    signer: stage.signer,
    dice: makeDice(1),
    groups: GROUPS,
  });
  const samplers = agents.map(({ name, pid }) => makeSampler(name, pid, lagDir));
  const begun = performance.now();
  const elapsed = (): number => (performance.now() - begun) / 1000;
  let server = stage.server;
  let restarts = 0;
  while (elapsed() < seconds) {
    await sleep((seconds * 1000) / LOOKS);
    for (const sampler of samplers) sampler.look(elapsed());
    if (elapsed() < (restarts + 1) * restartEvery) continue;
    server.program.signal(restarts % 2 === 0 ? 'SIGTERM' : 'SIGKILL');
    await server.program.exited;
    server = await startPushyServer(scene, stage.home);
    restarts += 1;
  }
  const trends = samplers.flatMap((sampler) => sampler.trends(seconds * WARM_UP));
  await load.stop();
  const problems = await judge(stage, load, marks);
  for (const { agent, kind, isFlat } of trends) {
    if (!isFlat) problems.push(`${kind} of ${agent} is not flat`);
  }
  const runs = (await marks.count()).size;
  return { jobs: load.acknowledged.length, runs, restarts, trends, problems };
}

async function startAgent(
  scene: Scene,
  stage: Standalone,
  node: string,
  lagDir: string,
): Promise<Program> {
  const home = await scene.subdir(node);
  const config = await writeAgentConfig(home, stage.settingsOf(node));
  await mkdir(join(home, 'state'), { recursive: true });
  const { file, args } = built('client/src/main.ts', ['-c', config, '-l', 'warn', '-L', 'STDOUT']);
  const lag = fileURLToPath(new URL('lag.cjs', import.meta.url));
  return scene.start({
    name: node,
    file,
    args: ['--require', lag, ...args],
    cwd: home,
    env: { ...process.env, HOME: home, SOAK_LAG_DIR: lagDir },
  });
}

/** Every job that was acknowledged has ended, and each of its nodes with the result of its one run, or without one. */
async function judge(stage: Standalone, load: Load, marks: Marks): Promise<string[]> {
  const problems: string[] = [];
  const ends = new Map<string, WatchedJob>();
  for (const { id } of load.acknowledged) ends.set(id, await stage.watcher.ended(id, PATIENCE_MS));
  const counts = await marks.count();
  for (const { id, exit } of load.acknowledged) {
    const { nodes = {} } = ends.get(id) ?? {};
    for (const [status, names] of Object.entries(nodes)) {
      for (const node of names) {
        const ran = counts.get(`${id} ${node}`) ?? 0;
        const expected = exit === 0 ? 'succeeded' : 'failed';
        const isWell = ran === 0 ? !/succeeded|failed/.test(status) : status === expected;
        if (ran > 1 || !isWell)
          problems.push(`job ${id}: ${node} ran ${ran} times, and is ${status}`);
      }
    }
  }
  if (load.acknowledged.length === 0) problems.push('no job was done');
  return problems;
}
