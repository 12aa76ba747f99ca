import { setTimeout as sleep } from 'node:timers/promises';
import { nodeStatusOf } from '../../../server/src/db/status-codes.ts';
import type { Program } from '../../helpers/program.ts';
import { figure, type Figure } from '../figure.ts';
import { startBare } from '../limit/bare.ts';
import { costOf, costSince, describeCost, type Cost } from '../process-cost.ts';
import { LostMessagesError, type BenchRun } from '../run.ts';
import { setStage, type Stage } from '../stage.ts';
import type { Swarm } from '../swarm/swarm.ts';

/** Messages that a job is, for each node: commit, ack_commit, run, ack_run, succeeded. */
const MESSAGES = 5;
const [TO_NODES, OF_NODES] = [
  ['commit', 'run'],
  ['ack_commit', 'ack_run', 'succeeded'],
];
/** The machine is shared: the best of some is the least disturbed. */
const ROUNDS = { quick: 3, whole: 7 };
/** Jobs before the first that counts, on both sides: servers run for weeks, and code that is new to V8 is slow. */
const WARM_UP = 8;
const MAX_RATIO = 3;
/**
 * From so many nodes on they beat each 10 seconds: at one second nodes and server, on the same two processors, have
 * too little left for a job, and what is measured is who starves first. In a quick run they do so always: it is for a
 * machine that has other things to do, where nodes that beat late are down.
 */
const MANY = 4_000;
const CALM = { heartbeat_interval: 10_000 };

/** One job. */
export interface JobRound {
  readonly id: string;
  /** From the POST until all results are in the database, milliseconds. */
  readonly ms: number;
  /** Of the server's process meanwhile. */
  readonly cost: Cost;
}

interface Sizes {
  readonly ms: number;
  readonly figures: Figure[];
}

/** From the POST to all results durable, beside the same messages without anything of ours. */
export async function job(quick: boolean, run: BenchRun): Promise<Figure[]> {
  if (run.nodes !== undefined) return (await measure(quick, run, run.nodes)).figures;
  const [small, large] = quick ? [100, 400] : [1_000, 9_000];
  const first = await measure(quick, run, small);
  const second = await measure(quick, run, large);
  const growth = { value: second.ms / first.ms, unit: 'x' };
  // At 9,000 after 1,000: 10, a ninth more than in proportion.
  const goal = ((10 / 9) * large) / small;
  const row = { bench: 'job', nodes: large, figure: `time at ${large} to time at ${small}` };
  return [...first.figures, ...second.figures, figure({ ...row, ...growth }, null, goal)];
}

async function measure(quick: boolean, run: BenchRun, nodes: number): Promise<Sizes> {
  const rounds = quick ? ROUNDS.quick : ROUNDS.whole;
  const limit = await measureBare(run, nodes, rounds);
  const stage = await setStage(run, nodes, quick || nodes >= MANY ? CALM : {});
  const swarm = await stage.swarm();
  const atFirst = await swarm.logged();
  run.say(`${rounds} jobs for ${nodes} nodes, output captured: ${MESSAGES} messages a node`);
  run.say(`${WARM_UP} jobs before them on both sides, which do not count`);
  for (let i = 0; i < WARM_UP; i++) await runJob(stage, swarm);
  const ours: JobRound[] = [];
  for (let i = 0; i < rounds; i++) ours.push(await runJob(stage, swarm));
  const best = bestOf(ours);
  const cpu = Math.min(...ours.map(({ cost }) => cost.cpu)) / nodes / MESSAGES;
  run.say(
    `all: ${ours.map(({ ms }) => ms.toFixed(0)).join(', ')} ms; the limit program: ${limit.all}`,
  );
  run.say(`server, a message: ${describeCost(best.cost, nodes * MESSAGES, 'µs')}`);
  await checkConnections(swarm, describeCounts(atFirst));
  await stage.end();
  const row = { bench: 'job', nodes };
  const whole = { figure: 'POST to all results durable', value: best.ms, unit: 'ms' };
  const share = { figure: 'server processor a message', value: cpu * 1000, unit: 'µs' };
  return {
    ms: best.ms,
    figures: [
      figure({ ...row, ...whole }, limit.ms, MAX_RATIO),
      figure({ ...row, ...share }, limit.cpu, MAX_RATIO),
    ],
  };
}

async function measureBare(run: BenchRun, nodes: number, rounds: number) {
  const bare = await startBare(run, nodes);
  const times: number[] = [];
  const costs: number[] = [];
  for (let i = 0; i < WARM_UP; i++) await bare.job();
  for (let i = 0; i < rounds; i++) {
    const before = costOf(bare.server.pid);
    times.push(await bare.job());
    costs.push(costSince(before, costOf(bare.server.pid)).cpu);
    await sleep(200);
  }
  await bare.end();
  return {
    ms: Math.min(...times),
    /** Microseconds a message. */
    cpu: (Math.min(...costs) * 1000) / nodes / MESSAGES,
    all: `${times.map((ms) => ms.toFixed(0)).join(', ')} ms`,
  };
}

/** Posts one job for all nodes; rejects when a message of it was lost, or sent twice. */
export async function runJob(
  stage: Stage,
  swarm: Swarm,
  nodes: readonly string[] = stage.nodes,
  command = 'say',
): Promise<JobRound> {
  const { server } = stage;
  const before = await stage.counts();
  // What the look at the numbers has cost is not the job's.
  await sleep(300);
  const post = stage.prepare('jobs', { command, nodes, capture_output: true });
  const ended = listenForEnds(server.program);
  const cost = costOf(server.program.pid);
  const begun = performance.now();
  const answer = await post();
  if (answer.status !== 201) throw new Error(`POST jobs: ${answer.status} ${answer.body}`);
  const id = (JSON.parse(answer.body) as { uri: string }).uri.slice(-32);
  await ended.of(id, 120_000);
  const ms = performance.now() - begun;
  // The last acknowledgments, which follow the last commit, are the job's as well.
  await sleep(30);
  const spent = costSince(cost, costOf(server.program.pid));
  await checkMessages(stage, swarm, { id, count: nodes.length }, before);
  return { id, ms, cost: spent };
}

/**
 * The server's own line says that the end of a job, and all before it, is in the database, which is asked afterwards:
 * whoever asks it all the time takes a tenth of a machine that the job needs.
 */
function listenForEnds(program: Program): { of(id: string, ms: number): Promise<void> } {
  const ended = new Set<string>();
  let onEnd = (): void => undefined;
  const stop = program.onLine((line) => {
    const [, id] = /"job_id":"(\w+)".*"msg":"job ended"/.exec(line) ?? [];
    if (id === undefined) return;
    ended.add(id);
    onEnd();
  });
  return {
    of: (id, ms) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          stop();
          reject(new Error(`job ${id} has not ended after ${ms / 1000} s`));
        }, ms);
        onEnd = () => {
          if (!ended.has(id)) return;
          clearTimeout(timer);
          stop();
          resolve();
        };
        onEnd();
      }),
  };
}

async function checkMessages(
  stage: Stage,
  swarm: Swarm,
  { id, count }: { id: string; count: number },
  before: Awaited<ReturnType<Stage['counts']>>,
): Promise<void> {
  const after = await stage.counts();
  const seen = (name: string, labels = {}): number =>
    after.sum(name, labels) - before.sum(name, labels);
  const wrong = [
    ...TO_NODES.map((type) => [type, seen('pushy_messages_sent_total', { type })] as const),
    ...OF_NODES.map((type) => [type, seen('pushy_messages_received_total', { type })] as const),
  ].filter(([, n]) => n !== count);
  const refused = seen('pushy_messages_refused_total');
  const { rows } = await stage.database.query<{ status: number; n: string }>(
    'select status, count(*) as n from job_nodes where job_id = $1 group by status',
    [id],
  );
  const ends = rows.map(({ status, n }) => `${nodeStatusOf(status)} ${n}`).join(', ');
  if (wrong.length > 0 || refused > 0 || ends !== `succeeded ${count}`) {
    const counted = wrong.map(([type, n]) => `${type} ${n}`).join(', ');
    throw new LostMessagesError(
      `messages were lost, so there is no ratio: of ${count} each there are ${counted}; refused ${refused}; nodes ${ends}; the server's log: ${complaints(stage)}; the agents': ${describeCounts(await swarm.logged())}`,
    );
  }
}

/** `atFirst`: what the agents had said before the first job. */
async function checkConnections(swarm: Swarm, atFirst: string): Promise<void> {
  const said = describeCounts(await swarm.logged());
  if (said === atFirst) return;
  throw new LostMessagesError(
    `connections were lost, so there is no ratio; the agents said: ${atFirst}; then: ${said}`,
  );
}

function bestOf(rounds: readonly JobRound[]): JobRound {
  const best = rounds.toSorted((a, b) => a.ms - b.ms)[0];
  if (best === undefined) throw new Error('no job was measured');
  return best;
}

/** Warnings and errors in the log of the server, and why nodes went offline, with their numbers. */
function complaints({ server }: Stage): string {
  const counts = new Map<string, number>();
  for (const line of server.program.output().split('\n')) {
    const [, message] = /"level":"(?:warn|error|fatal)".*"msg":"([^"]*)"/.exec(line) ?? [];
    const [, reason] = /"reason":"(\w+)","msg":"node is offline"/.exec(line) ?? [];
    const said = message ?? (reason && `a node is offline: ${reason}`);
    if (said !== undefined) counts.set(said, (counts.get(said) ?? 0) + 1);
  }
  return describeCounts(counts);
}

function describeCounts(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([message, n]) => `${n} x ${message}`).join('; ');
}
