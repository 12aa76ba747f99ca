import { setTimeout as sleep } from 'node:timers/promises';
import { figure, type Figure } from '../figure.ts';
import { startBare } from '../limit/bare.ts';
import { costOf, costSince, describeCost, memoryOf } from '../process-cost.ts';
import { LostMessagesError, type BenchRun } from '../run.ts';
import { setStage } from '../stage.ts';

/** Per cent of one processor. */
const MAX_CPU = 25;
const MAX_MEMORY_RATIO = 1.3;
/** Seconds. */
const SPAN = { quick: 10, whole: 60 };

/** Nodes that do nothing but beat, each second, beside as many bare connections that say as much. */
export async function idle(quick: boolean, run: BenchRun): Promise<Figure[]> {
  const nodes = run.nodes ?? (quick ? 200 : 9_000);
  const seconds = quick ? SPAN.quick : SPAN.whole;
  const stage = await setStage(run, nodes);
  await stage.swarm();
  const heartbeats = async (): Promise<number> =>
    (await stage.counts()).sum('pushy_messages_received_total', { type: 'heartbeat' });
  const ours = await measure(stage.server.program.pid, seconds, heartbeats);
  const { heard } = ours;
  // The queue of a connection takes more memory until some hundred messages have gone through it: both are as old.
  const each = ours.total / nodes;
  run.say(
    `${heard} heartbeats in ${seconds} s, ${each.toFixed(0)} a node until then; a heartbeat: ${describeCost(ours.cost, heard, 'µs')}`,
  );
  const available = (await stage.counts()).sum('pushy_nodes_available');
  if (available !== nodes || heard < 0.9 * nodes * seconds) {
    throw new LostMessagesError(
      `heartbeats were lost, so there is no ratio: ${heard} of ${nodes * seconds}, ${available} nodes are available`,
    );
  }
  await stage.end();
  const bare = await startBare(run, nodes);
  await bare.beat();
  await sleep(Math.max(0, each - 1.5 * seconds) * 1000);
  const limit = await measure(bare.server.pid, seconds);
  await bare.end();
  run.say(`the limit program, a heartbeat: ${describeCost(limit.cost, nodes * seconds, 'µs')}`);
  const row = { bench: 'idle', nodes };
  const cpu = { figure: 'server processor', value: ours.percent, unit: '%' };
  const memory = { figure: 'server memory', value: ours.memory, unit: 'MB' };
  return [
    figure({ ...row, ...cpu }, null, MAX_CPU),
    figure(
      { ...row, ...cpu, figure: 'server processor, beside bare sockets' },
      limit.percent,
      null,
    ),
    figure({ ...row, ...memory }, limit.memory, MAX_MEMORY_RATIO),
  ];
}

async function measure(pid: number, seconds: number, count: () => Promise<number> = nobody) {
  // What the arrival of all nodes has left behind is not theirs.
  await sleep((seconds * 1000) / 2);
  const first = await count();
  const before = costOf(pid);
  const begun = performance.now();
  await sleep(seconds * 1000);
  const cost = costSince(before, costOf(pid));
  const percent = (100 * cost.cpu) / (performance.now() - begun);
  const memory = memoryOf(pid);
  const total = await count();
  return { cost, percent, memory, total, heard: total - first };
}

const nobody = (): Promise<number> => Promise.resolve(0);
