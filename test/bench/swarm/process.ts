// A process of the swarm: up to 4,000 simulated agents over real sockets.
import { createPrivateKey } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulatedAgent, type SimulatedAgent } from '../../helpers/simulated-agent.ts';
import { serve } from '../worker.ts';

/** What a process of the swarm is asked to be. */
export interface SwarmPart {
  readonly url: string;
  readonly nodes: readonly string[];
  /** PEM; the nodes share them by turns, for making one takes longer than all the rest. */
  readonly keys: readonly string[];
  readonly output: string;
  /** Agents that are starting at the same time: the server has not answered them yet. */
  readonly atOnce: number;
}

/** Milliseconds without an answer to anybody, after which the start has failed. */
const PATIENCE_MS = 60_000;

const agents: SimulatedAgent[] = [];
let greeted = 0;
/** What the agents logged, how often. */
const logged = new Map<string, number>();
/** By job: when its runs were begun, by the clock that all processes of a machine share, nanoseconds. */
const runs = new Map<string, bigint[]>();

serve({
  start: async ({ url, nodes, keys, output, atOnce }: SwarmPart) => {
    const parsed = keys.map((key) => createPrivateKey(key));
    let wake = (): void => undefined;
    let last = Date.now();
    const onLog = (message: string, reason: unknown): void => {
      const said = typeof reason === 'string' ? `${message}: ${reason}` : message;
      logged.set(said, (logged.get(said) ?? 0) + 1);
    };
    const onGreeted = (): void => {
      greeted += 1;
      last = Date.now();
      wake();
    };
    const onRun = (jobId: string): void => {
      const of = runs.get(jobId) ?? [];
      runs.set(jobId, of);
      of.push(process.hrtime.bigint());
    };
    const first = greeted;
    let started = 0;
    while (greeted - first < nodes.length) {
      const node = nodes[started];
      const key = parsed[started % parsed.length];
      if (node !== undefined && key !== undefined && started - (greeted - first) < atOnce) {
        agents.push(startSimulatedAgent({ url, node, key, output, onRun, onGreeted, onLog }));
        started += 1;
        continue;
      }
      if (Date.now() - last > PATIENCE_MS) {
        const said = [...logged].map(([words, n]) => `${n} x ${words}`).join('; ');
        throw new Error(`${greeted - first} of ${nodes.length} agents were answered: ${said}`);
      }
      const woken = new Promise<void>((resolve) => (wake = resolve));
      await Promise.race([woken, sleep(1000)]);
    }
  },
  /** What the agents logged so far: that a configuration was received, once each, unless something went wrong. */
  logged: () => logged,
  /** Takes what is known of the runs of a job. */
  runs: ({ jobId }: { jobId: string }) => {
    const of = runs.get(jobId) ?? [];
    runs.delete(jobId);
    return of;
  },
});
