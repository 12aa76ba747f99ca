import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program } from '../../helpers/program.ts';
import { startScriptedServer, type AgentSays } from '../../helpers/scripted-server.ts';
import { until } from '../../helpers/until.ts';
import type { AgentSettings } from '../harness/agent-config.ts';
import { startRubyAgent } from '../harness/ruby-agent.ts';
import type { Scene } from '../harness/scene.ts';
import { makeReader, type Reply } from './reply.ts';

/** One agent with a scripted server of its own: what a play of the contract is played on. */
export type Side = Awaited<ReturnType<typeof startSide>>;

/** Seconds between heartbeats. */
const INTERVAL_S = 0.5;
/** Milliseconds: a Ruby agent starts in three seconds on an idle machine. */
const PATIENCE_MS = 30_000;
/** Nobody commits this job: the refusal of its run shows that everything before it was answered. */
const FENCE = 'f'.repeat(32);

/** Starts a scripted server and the agent that belongs to it. */
export async function startSide(
  scene: Scene,
  name: string,
  start: (scene: Scene, settings: AgentSettings) => Promise<Program>,
  settings: Pick<AgentSettings, 'whitelist' | 'entries'>,
) {
  const server = await startScriptedServer({ interval: INTERVAL_S, patienceMs: PATIENCE_MS });
  const home = await scene.subdir(name);
  const work = await scene.subdir(`${name}-work`);
  const key = join(home, 'client.pem');
  await writeFile(key, server.clientKey);
  const agent = await start(scene, {
    url: server.url,
    node: server.node,
    key,
    ...settings,
    more: [`lockfile '${join(work, 'lock')}'`],
  });
  const read = makeReader({ '<WORK>': work });
  /** Messages before this one belong to what was played earlier. */
  let first = 0;
  /** Messages before this one were waited for. */
  let seen = 0;
  const heartbeats = new Set<AgentSays>();

  function next(what: string, isWanted: (body: AgentSays['body']) => boolean): Promise<AgentSays> {
    return server.until(`${what} of the ${name}`, () => {
      const index = server.said.findIndex(({ body }, at) => at >= seen && isWanted(body));
      if (index < 0) return undefined;
      seen = index + 1;
      return server.said[index];
    });
  }
  async function nextHeartbeat(isWanted: (body: AgentSays['body']) => boolean): Promise<void> {
    const isOne = (body: AgentSays['body']): boolean =>
      body['type'] === 'heartbeat' && isWanted(body);
    heartbeats.add(await next('a heartbeat', isOne));
  }
  const isFence = (body: AgentSays['body']): boolean =>
    body['type'] === 'nack_run' && body['job_id'] === FENCE;

  return {
    isReference: start === startRubyAgent,
    server,
    agent,
    work,
    send: (members: Record<string, unknown>) => server.send(members),
    commit: (jobId: string, command: string, more: object = {}) =>
      server.send({ type: 'commit', job_id: jobId, server: 'x', command, capture: false, ...more }),
    run: (jobId: string) => server.send({ type: 'run', job_id: jobId }),
    abort: () => server.send({ type: 'abort' }),
    /** Waits for the next message of one of these types. */
    next: (...types: string[]) =>
      next(types.join(' or '), (body) => types.includes(String(body['type']))),
    /** Waits for a heartbeat that says so; it counts among the replies. */
    beat: (jobState: string, jobId: string | null = null) =>
      nextHeartbeat((body) => body['job_state'] === jobState && body['job_id'] === jobId),
    /** Waits for the first heartbeat over new sockets; it counts among the replies. */
    firstBeat: () => nextHeartbeat((body) => body['sequence'] === 1),
    /** Waits for a file that a job makes in its directory. */
    file: (made: string) =>
      until(
        `${made} of the ${name}`,
        () =>
          access(join(work, made)).then(
            () => true,
            () => undefined,
          ),
        (isThere) => isThere,
      ),
    /** Makes a file that a job waits for. */
    touch: (file: string) => writeFile(join(work, file), ''),
    /** Removes what jobs before have left. */
    clear: async (...files: string[]) => {
      for (const file of files) await rm(join(work, file), { force: true });
    },
    /** What came since the last call, once the agent has answered everything; heartbeats only if waited for. */
    replies: async (): Promise<Reply[]> => {
      await server.send({ type: 'run', job_id: FENCE });
      await next('the answer to the last message', isFence);
      const mine = server.said.slice(first, seen);
      first = seen;
      return mine
        .filter((said) =>
          said.body['type'] === 'heartbeat' ? heartbeats.has(said) : !isFence(said.body),
        )
        .map(read);
    },
    /** What came since the last call but heartbeats, of an agent that has ended. */
    lastWords: (): Reply[] =>
      server.said
        .slice(first)
        .filter(({ body }) => body['type'] !== 'heartbeat')
        .map(read),
    close: () => server.close(),
  };
}
