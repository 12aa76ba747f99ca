// A process of the swarm: up to 4,000 simulated agents over real sockets.
import { createPrivateKey } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { context } from 'zeromq';
import { startSimulatedAgent, type SimulatedAgent } from '../../helpers/simulated-agent.ts';
import { serve } from '../worker.ts';

/** What a process of the swarm is asked to be. */
export interface SwarmPart {
  readonly url: string;
  readonly nodes: readonly string[];
  /** PEM; the nodes share them by turns, for making one takes longer than all the rest. */
  readonly keys: readonly string[];
  readonly output: string;
  /** Requests for a configuration at the same time. */
  readonly atOnce: number;
}

/** Sockets of libzmq: two a node and those that watch them. */
const MAX_SOCKETS = 60_000;
/** Milliseconds without a configuration for anybody, after which the start has failed. */
const PATIENCE_MS = 60_000;

context.maxSockets = MAX_SOCKETS;
const agents: SimulatedAgent[] = [];
let configured = 0;
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
      if (message !== 'configuration received') return;
      configured += 1;
      last = Date.now();
      wake();
    };
    const onRun = (jobId: string): void => {
      const of = runs.get(jobId) ?? [];
      runs.set(jobId, of);
      of.push(process.hrtime.bigint());
    };
    const first = configured;
    let started = 0;
    while (configured - first < nodes.length) {
      const node = nodes[started];
      const key = parsed[started % parsed.length];
      if (node !== undefined && key !== undefined && started - (configured - first) < atOnce) {
        agents.push(startSimulatedAgent({ url, node, key, output, onRun, onLog }));
        started += 1;
        continue;
      }
      if (Date.now() - last > PATIENCE_MS) {
        const said = [...logged].map(([words, n]) => `${n} x ${words}`).join('; ');
        throw new Error(
          `${configured - first} of ${nodes.length} agents have a configuration: ${said}`,
        );
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
