import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Signer } from 'mixlib-authentication-ts';
import { built } from '../../helpers/built.ts';
import { writeAgentConfig } from '../../system/harness/agent-config.ts';
import { memoryOf } from '../process-cost.ts';
import type { BenchRun } from '../run.ts';
import type { Stage } from '../stage.ts';

/** Agents that are starting at the same time: each takes a second of a processor. */
const WAVE = 8;
/** Milliseconds for one wave. */
const WAVE_TIMEOUT_MS = 60_000;

/** Starts the agents of all nodes of the stage as a package would, in waves; all are available when it resolves. */
export async function startAgents(
  run: BenchRun,
  stage: Stage,
  node: string,
  whitelist: Readonly<Record<string, string>>,
): Promise<void> {
  const begun = performance.now();
  const pids: number[] = [];
  const available = async (): Promise<number> =>
    (await stage.counts()).sum('pushy_nodes_available');
  const start = async (name: string, i: number): Promise<void> => {
    const signer = stage.signers[i % stage.signers.length];
    if (signer === undefined) throw new Error('the stage has no keys');
    const home = await run.workplace.subdir(`agent-${name}`);
    const key = join(home, 'client.pem');
    await writeFile(key, keyText(signer), { mode: 0o600 });
    const url = `${stage.server.url}/organizations/acme`;
    const config = await writeAgentConfig(home, { url, node: name, key, whitelist });
    const { args } = built('client/src/main.ts', ['-c', config, '-L', join(home, 'agent.log')]);
    const env = { ...process.env, HOME: home };
    const program = await run.workplace.start({ name, file: node, args, env, cwd: home });
    pids.push(program.pid);
  };
  for (let first = 0; first < stage.nodes.length; first += WAVE) {
    const wave = stage.nodes.slice(first, first + WAVE);
    await Promise.all(wave.map((name, i) => start(name, first + i)));
    const wanted = first + wave.length;
    const deadline = Date.now() + WAVE_TIMEOUT_MS;
    while ((await available()) < wanted) {
      if (Date.now() > deadline) {
        throw new Error(`${await available()} of ${wanted} agents are available`);
      }
      await sleep(50);
    }
  }
  const seconds = (performance.now() - begun) / 1000;
  const memory = pids.reduce((sum, pid) => sum + memoryOf(pid), 0) / pids.length;
  run.say(
    `${pids.length} real agents, started in waves of ${WAVE}: available after ${seconds.toFixed(1)} s, ${memory.toFixed(0)} MB each`,
  );
}

/** The PEM text of a key of the stage. */
export function keyText({ key }: Signer): string {
  return typeof key === 'string' ? key : key.export({ type: 'pkcs1', format: 'pem' }).toString();
}
