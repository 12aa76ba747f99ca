import { hostname } from 'node:os';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { findByEnvironment, killFound } from '../../helpers/descendants.ts';
import { built } from '../../helpers/built.ts';
import { installDebianPackages } from '../../provision/debian.ts';
import { nodeRelease, SHIPPED_NODE } from '../../provision/node-release.ts';
import { tail } from '../../helpers/program.ts';
import { run as runProgram } from '../../helpers/run.ts';
import { writeKnifeConfig } from '../../system/harness/knife-config.ts';
import { figure, type Figure } from '../figure.ts';
import { keyText, startAgents } from '../peers/agents.ts';
import { makeRivals, type CommandLine, type Connections, type Rival } from '../peers/rivals.ts';
import { startSshTargets, type SshTargets } from '../peers/ssh-targets.ts';
import { percentile } from '../percentile.ts';
import { LostMessagesError, type BenchRun } from '../run.ts';
import { setStage, type Stage } from '../stage.ts';

/** Ours divided by the best of the others, with new connections. */
const MAX_RATIO = 0.1;
/** On fewer targets, what every program takes to start is most of it. */
const GOAL_FROM = 100;
const ROUNDS = { quick: 2, whole: 7 };
const COMMAND = 'hostname';
/** Milliseconds for one command on all targets. */
const COMMAND_TIMEOUT_MS = 120_000;
/** Every process that a command line leaves behind has it in its environment: masters of connections stay. */
const MARKER = 'BENCH_OF_PUSHY';
/** Milliseconds: as long as a heartbeat interval, so that a job meets no more of them than it must. */
const INTERVAL_MS = 10_000;
/** Milliseconds: agents make their next run ready when a job is three seconds over, and not in the time of others. */
const REST_MS = 5_000;
/** Milliseconds between two looks at a job. */
const PAUSE_MS = 10;

/** One way to run the command on all targets, which answers when it is done. */
type Way = () => Promise<number>;

interface Pair {
  readonly rival: Rival;
  readonly connections: Connections;
  readonly ours: number[];
  readonly theirs: number[];
}

/** The same command on all targets: a job on real agents, and what others do over SSH, by turns. */
export async function peers(quick: boolean, run: BenchRun): Promise<Figure[]> {
  if (process.getuid?.() !== 0)
    throw new Error('it starts sshd and logs in as root: run it as root');
  const nodes = run.nodes ?? (quick ? 20 : 100);
  const mark = randomUUID();
  run.atEnd(() => {
    killFound(findByEnvironment(MARKER, mark));
  });
  await installDebianPackages(['openssh-server', 'openssh-client']);
  const targets = await startSshTargets(run, nodes);
  const { rivals, missing } = await install(run, makeRivals(run.workplace, targets));
  const shipped = await nodeRelease();
  const stage = await setStage(run, nodes, { heartbeat_interval: INTERVAL_MS });
  await startAgents(run, stage, shipped, { [COMMAND]: COMMAND });
  const byPushy = await jobByPushy(run, stage, shipped);
  const rounds = quick ? ROUNDS.quick : ROUNDS.whole;
  run.say(
    `"${COMMAND}" with its output, on ${nodes} nodes and on ${nodes} addresses of one machine, by turns, ${rounds} rounds, medians; ours: pushy job start on Node ${SHIPPED_NODE}, from its start to its end`,
  );
  const pairs: Pair[] = [];
  for (const connections of ['cold', 'warm'] as const) {
    for (const rival of rivals.filter((one) => one.connections.includes(connections))) {
      const theirs = waySsh(run, targets, rival, connections, mark);
      // The first time opens what stays open, and warms all caches.
      await byPushy();
      await sleep(REST_MS);
      await theirs();
      const pair: Pair = { rival, connections, ours: [], theirs: [] };
      for (let i = 0; i < rounds; i++) {
        pair.ours.push(await byPushy());
        await sleep(REST_MS);
        pair.theirs.push(await theirs());
      }
      run.say(inWords(pair));
      pairs.push(pair);
    }
  }
  const byApi: number[] = [];
  for (let i = 0; i < rounds; i++) {
    byApi.push(await jobByApi(stage));
    await sleep(REST_MS);
  }
  await stage.end();
  const cold = pairs.filter(({ connections }) => connections === 'cold');
  const best = cold.toSorted((a, b) => median(a.theirs) - median(b.theirs))[0];
  if (best === undefined) throw new Error(`none of the others can be had here: ${missing}`);
  const row = { bench: 'peers', nodes, unit: 'ms' };
  return [
    ...pairs.map(({ rival, connections, ours, theirs }) =>
      figure(
        { ...row, figure: `pushy beside ${rival.name}, ${connections}`, value: median(ours) },
        median(theirs),
        null,
      ),
    ),
    figure(
      { ...row, figure: 'POST to all results, by the API', value: median(byApi) },
      median(best.theirs),
      null,
    ),
    figure(
      {
        ...row,
        figure: `pushy beside the best, cold: ${best.rival.name}`,
        value: median(best.ours),
      },
      median(best.theirs),
      // The one that is missing might have been the best.
      missing === '' && nodes >= GOAL_FROM ? MAX_RATIO : null,
    ),
  ];
}

/** What cannot be had is said. */
async function install(
  run: BenchRun,
  rivals: readonly Rival[],
): Promise<{ rivals: Rival[]; missing: string }> {
  const there: Rival[] = [];
  const missing: string[] = [];
  for (const rival of rivals) {
    try {
      await rival.install();
      run.say(`${rival.name}: ${await rival.version()}; ${rival.settings}`);
      there.push(rival);
    } catch (error) {
      missing.push(rival.name);
      const reason = error instanceof Error ? error.message : String(error);
      run.say(`*** ${rival.name} CANNOT BE HAD HERE, so the goal is not judged: ${reason}`);
    }
  }
  return { rivals: there, missing: missing.join(', ') };
}

/** Our command line program, as an operator runs it. */
async function jobByPushy(run: BenchRun, stage: Stage, node: string): Promise<Way> {
  const home = await run.workplace.subdir('pushy');
  const key = join(home, 'alice.pem');
  await writeFile(key, keyText(stage.signer), { mode: 0o600 });
  const url = `${stage.server.url}/organizations/acme`;
  await writeKnifeConfig(home, { url, user: stage.signer.userId, key });
  const job = ['job', 'start', COMMAND, ...stage.nodes, '--capture'];
  const { args } = built('knife-bridge/src/main.ts', job);
  const line = { file: node, args, env: { ...process.env, HOME: home } };
  return async () => {
    const { ms, stdout } = await timed('pushy', line, home);
    await checkJob(stage, /Job ID: ([0-9a-f]{32})/.exec(stdout)?.[1] ?? '');
    return ms;
  };
}

/** The job alone: POST, then the job is asked for until it is over. */
async function jobByApi(stage: Stage): Promise<number> {
  const begun = performance.now();
  const job = { command: COMMAND, nodes: stage.nodes, capture_output: true };
  const { status, body } = await stage.ask('jobs', job);
  if (status !== 201) throw new Error(`POST jobs: ${status} ${body}`);
  const id = (JSON.parse(body) as { uri: string }).uri.slice(-32);
  for (;;) {
    const { body: seen } = await stage.ask(`jobs/${id}`);
    if ((JSON.parse(seen) as { status: string }).status === 'complete') break;
    if (performance.now() - begun > COMMAND_TIMEOUT_MS) throw new Error(`not done: ${seen}`);
    await sleep(PAUSE_MS);
  }
  const ms = performance.now() - begun;
  await checkJob(stage, id);
  return ms;
}

/** All nodes have succeeded, and the output of each is there. */
async function checkJob(stage: Stage, id: string): Promise<void> {
  for (const node of stage.nodes) {
    const { body } = await stage.ask(`jobs/${id}/output/${node}/stdout`);
    if (body.trim() === hostname()) continue;
    const { body: job } = await stage.ask(`jobs/${id}`);
    throw new LostMessagesError(`job ${id}: the output of ${node} is ${body}; the job: ${job}`);
  }
}

function waySsh(
  run: BenchRun,
  { addresses }: SshTargets,
  rival: Rival,
  connections: Connections,
  mark: string,
): Way {
  return async () => {
    const line = await rival.commandLine(COMMAND, connections);
    const env = { ...(line.env ?? process.env), [MARKER]: mark };
    const { ms, stdout } = await timed(rival.name, { ...line, env }, run.workplace.dir);
    const lines = stdout.split('\n');
    const lost = addresses.filter((address) => {
      const wanted = rival.said(address, hostname());
      return !lines.some((text) => text.startsWith(wanted));
    });
    if (lost.length === 0) return ms;
    throw new LostMessagesError(`${rival.name} lost ${lost.join(', ')}; it said:\n${tail(stdout)}`);
  };
}

async function timed(name: string, { file, args, env }: CommandLine, cwd: string) {
  const begun = performance.now();
  const options = { cwd, timeoutMs: COMMAND_TIMEOUT_MS, ...(env === undefined ? {} : { env }) };
  const { code, stdout, stderr } = await runProgram(file, args, options);
  const ms = performance.now() - begun;
  if (code === 0) return { ms, stdout };
  throw new Error(`${name} ended with ${String(code)}:\n${tail(stdout)}${tail(stderr)}`);
}

function median(values: readonly number[]): number {
  return percentile(values, 50);
}

function inWords({ rival, connections, ours, theirs }: Pair): string {
  const ratios = theirs.map((ms, i) => ms / (ours[i] ?? NaN));
  const spread = (values: readonly number[], digits: number): string =>
    `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;
  return `${rival.name}, ${connections}: ${spread(theirs, 0)} ms beside ${spread(ours, 0)} ms; pair by pair ours is ${median(ratios).toFixed(1)} times as fast (${spread(ratios, 1)})`;
}
