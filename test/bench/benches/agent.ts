import { writeFile } from 'node:fs/promises';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { built } from '../../helpers/built.ts';
import type { Program } from '../../helpers/program.ts';
import { startScriptedServer, type ScriptedServer } from '../../helpers/scripted-server.ts';
import type { Workplace } from '../../helpers/workplace.ts';
import { SHIPPED_NODE, nodeRelease } from '../../provision/node-release.ts';
import { writeAgentConfig } from '../../system/harness/agent-config.ts';
import { figure, type Figure } from '../figure.ts';
import { costOf, costSince, memoryOf } from '../process-cost.ts';
import type { BenchRun } from '../run.ts';

/** Seconds of rest before memory is looked at. */
const REST = { quick: 15, whole: 60 };
/** Seconds, then, over which the processor is looked at: two or three heartbeats. */
const SPAN = { quick: 20, whole: 30 };
/** Starts, of which the best counts: the machine is shared. */
const STARTS = { quick: 2, whole: 5 };
/** Seconds. */
const INTERVAL = 10;
const JOB = 'a'.repeat(32);
const OUTPUT_BYTES = 100_000_000;

/** What is asked of an agent, in the unit of the figure. */
const GOALS = { startS: 1.5, memoryMb: 60, cpuPercent: 0.1, growthMb: 10 };

interface Measured {
  /** The last one that was started; it still runs. */
  readonly program: Program;
  readonly startS: number;
  readonly memoryMb: number;
  readonly cpuPercent: number;
}

/** One agent on the Node that packages hold: its start, its memory and its work while it waits. */
export async function agent(quick: boolean, run: BenchRun): Promise<Figure[]> {
  const node = await nodeRelease();
  run.say(`Node ${SHIPPED_NODE}; a heartbeat each ${INTERVAL} s`);
  const { workplace } = run;
  const server = await startScriptedServer({ interval: INTERVAL, patienceMs: 60_000 });
  run.atEnd(() => server.close());
  const size = quick ? 'quick' : 'whole';
  const limit = await measure(size, server, () => startLimit(workplace, node, server));
  await limit.program.stop();
  const ours = await measure(size, server, () => startOurs(workplace, node, server));
  const growthMb = await growthWhileCapturing(ours.program.pid, server);
  // Soon after a start, the engine still tidies up.
  const cpuGoal = quick ? null : GOALS.cpuPercent;
  const memory = `memory after ${REST[size]} s`;
  return [
    ...rows('start to available', 's', ours.startS, limit.startS, GOALS.startS),
    ...rows(memory, 'MB', ours.memoryMb, limit.memoryMb, GOALS.memoryMb),
    ...rows('processor while it waits', '%', ours.cpuPercent, limit.cpuPercent, cpuGoal),
    row('growth while 100 MB of output come', 'MB', growthMb, null, GOALS.growthMb),
  ];
}

function row(
  name: string,
  unit: string,
  value: number,
  limit: number | null,
  goal: number | null,
): Figure {
  return figure({ bench: 'agent', nodes: 0, figure: name, value, unit }, limit, goal);
}

/** The goals are absolute; what the limit program takes stands in a row of its own. */
function rows(
  name: string,
  unit: string,
  value: number,
  limit: number,
  goal: number | null,
): Figure[] {
  return [
    row(name, unit, value, null, goal),
    row(`${name}, beside bare sockets`, unit, value, limit === 0 ? null : limit, null),
  ];
}

/** Starts a program some times, and looks at the last one while it waits. */
async function measure(
  size: keyof typeof REST,
  server: ScriptedServer,
  start: () => Promise<Program>,
): Promise<Measured> {
  let startS = Infinity;
  let program: Program | undefined;
  for (let i = 0; i < STARTS[size]; i++) {
    await program?.stop();
    server.said.length = 0;
    server.dropped.length = 0;
    const begun = performance.now();
    program = await start();
    await firstMessage(server);
    startS = Math.min(startS, (performance.now() - begun) / 1000);
  }
  if (program === undefined) throw new Error('nothing was started');
  const { pid } = program;
  await sleep(REST[size] * 1000);
  const memoryMb = memoryOf(pid);
  const before = costOf(pid);
  const begun = performance.now();
  await sleep(SPAN[size] * 1000);
  const { cpu } = costSince(before, costOf(pid));
  const cpuPercent = (100 * cpu) / (performance.now() - begun);
  return { program, startS, memoryMb, cpuPercent };
}

/** Of an agent: it is available when it has answered what a server says to a node that it meets. */
async function firstMessage(server: ScriptedServer): Promise<void> {
  await server.until('a first message', () =>
    server.said.length + server.dropped.length > 0 ? true : undefined,
  );
  if (server.said.length > 0) await server.welcome();
}

async function startOurs(workplace: Workplace, node: string, server: ScriptedServer) {
  const home = await workplace.subdir('agent');
  const key = join(home, 'client.pem');
  await writeFile(key, server.clientKey);
  const config = await writeAgentConfig(home, {
    url: server.url,
    node: server.node,
    key,
    whitelist: {
      'chef-client': 'chef-client',
      much: `head -c ${OUTPUT_BYTES} /dev/zero | tr '\\0' x`,
    },
  });
  const log = join(home, 'agent.log');
  const { args } = built('client/src/main.ts', ['-c', config, '-L', log]);
  return workplace.start({ name: 'agent', file: node, args, cwd: home });
}

function startLimit(workplace: Workplace, node: string, server: ScriptedServer): Promise<Program> {
  const program = fileURLToPath(new URL('../limit/agent.mjs', import.meta.url));
  const { commandAddress, curveKey, broadcastAddress } = server.addresses();
  const args = [program, commandAddress, curveKey, broadcastAddress];
  return workplace.start({ name: 'limit', file: node, args });
}

/** The most that an agent held while it ran a job of so much output, above what it held before. */
async function growthWhileCapturing(pid: number, server: ScriptedServer): Promise<number> {
  const before = memoryOf(pid);
  // Linux: the peak starts again from here.
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  await server.send({ type: 'commit', job_id: JOB, server: 'x', command: 'much', capture: true });
  await server.next('ack_commit');
  await server.send({ type: 'run', job_id: JOB });
  const { body } = await server.next('succeeded', 'failed');
  const cut = /\[(\d+) bytes cut here/.exec(String(body['stdout']))?.[1];
  if (body['type'] !== 'succeeded' || Number(cut) < 0.99 * OUTPUT_BYTES) {
    throw new Error(`the job of the bench ended otherwise: ${JSON.stringify(body).slice(0, 200)}`);
  }
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024 - before;
}
