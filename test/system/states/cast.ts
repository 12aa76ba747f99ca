import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program } from '../../helpers/program.ts';
import { until } from '../../helpers/until.ts';
import { configFetches, nextConfigFetch, timesOnline } from '../harness/log-lines.ts';
import type { Workstation } from '../harness/knife.ts';
import { startStandalone, type Standalone } from '../harness/standalone.ts';
import type { Scene } from '../harness/scene.ts';
import { transcribe, type Progress, type Transcript } from '../knife/transcript.ts';

/** Knife works on the first pair while our command line works on the second: the same story at the same time. */
const pairs = [
  { ours: 'ours-a', ruby: 'ruby-a' },
  { ours: 'ours-b', ruby: 'ruby-b' },
] as const;
type Pair = (typeof pairs)[number];
const all = pairs.flatMap(({ ours, ruby }) => [ours, ruby]);

/** What knife told, and what our command line told; the nodes are named for their kinds. */
export interface Told {
  readonly knife: Transcript;
  readonly pushy: Transcript;
}

/** How a job is started and told. */
export interface StoryOptions {
  readonly progress?: Progress;
  /** Names of more nodes. */
  readonly more?: readonly string[];
}

/** A node of each kind, and everybody who works with them. */
export interface Cast {
  readonly stage: Standalone;
  /** Every agent runs and is available; whoever was killed is started again. */
  ready(): Promise<void>;
  /** Starts the same job by `knife` and by `pushy`, each on its own pair; answers what each told. */
  startJob(options: readonly string[], told?: StoryOptions): Promise<Told>;
  /** Resolves when both pairs run their jobs. */
  running(): Promise<void>;
  /** Lets the command `wait` end, on all nodes. */
  openGate(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Kills every agent as soon as its successor asks for its configuration, so that no heartbeat is missed. */
  replace(): Promise<void>;
  /** Kills every agent; resolves when the processes are gone. */
  kill(): Promise<void>;
  /** Resolves when the server knows that all nodes are away. */
  away(): Promise<void>;
}

/** Starts the server and four agents; `ready` says when they are online. */
export async function makeCast(scene: Scene): Promise<Cast> {
  const gate = join(await scene.subdir('gate'), 'open');
  const stage = await startStandalone(scene, {
    server: { heartbeat_interval: 500, voting_timeout: 3 },
    nodes: all,
    whitelist: (node) => ({
      greet: 'echo hello',
      fail: 'echo no; exit 3',
      wait: `for i in $(seq 300); do [ -e ${gate} ] && exit 0; sleep 0.1; done; exit 9`,
      [`only ${node.slice(0, 4)}`]: 'true',
    }),
  });
  const agents = new Map<string, Program>();
  const living = new Set<Program>();
  const start = async (node: string, isElsewhere = false): Promise<void> => {
    const program = await stage.startAgent(node, undefined, isElsewhere);
    agents.set(node, program);
    living.add(program);
    void program.exited.then(() => living.delete(program));
  };
  /** Its last life may be not missed yet: that the node is available says nothing about this one. */
  const startAnew = async (node: string): Promise<void> => {
    const { program } = stage.server;
    const before = timesOnline(program, node);
    await start(node);
    await until(
      `${node} to come online`,
      () => timesOnline(program, node),
      (count) => (count > before ? true : undefined),
    );
  };
  const kill = async (program: Program): Promise<void> => {
    program.signal('SIGKILL');
    await program.exited;
  };

  return {
    stage,
    ready: async () => {
      await rm(gate, { force: true });
      const missing = all.filter((node) => {
        const program = agents.get(node);
        return program === undefined || !living.has(program);
      });
      await Promise.all(missing.map(startAnew));
      await stage.watcher.available(all);
    },
    startJob: async (options, { progress = 'none', more = [] } = {}) => {
      const start = async (program: Workstation, { ours, ruby }: Pair): Promise<Transcript> => {
        const nodes = [ours, ruby, ...more];
        const poll = ['--poll-interval', '0.2'];
        const result = await program.run(['job', 'start', ...options, ...nodes, ...poll]);
        const { code, stdout, stderr } = transcribe(result, { progress });
        const named = (text: string): string =>
          text.replaceAll(ours, 'ours').replaceAll(ruby, 'ruby');
        return { code, stdout: named(stdout), stderr: named(stderr) };
      };
      const [knife, pushy] = await Promise.all([
        start(stage.knife, pairs[0]),
        start(stage.pushy, pairs[1]),
      ]);
      return { knife, pushy };
    },
    running: async () => {
      for (const { ours, ruby } of pairs) await stage.watcher.running([ours, ruby]);
    },
    openGate: () => writeFile(gate, ''),
    signal: (signal) => {
      for (const program of living) program.signal(signal);
    },
    replace: async () => {
      await Promise.all(
        all.map(async (node) => {
          const before = agents.get(node);
          const asked = configFetches(stage.server.program, node);
          await start(node, true);
          await nextConfigFetch(stage.server.program, node, asked);
          if (before !== undefined) await kill(before);
        }),
      );
    },
    kill: async () => {
      await Promise.all([...living].map(kill));
    },
    away: () => stage.watcher.away(all),
  };
}
