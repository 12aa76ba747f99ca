import { built } from '../../helpers/built.ts';
import type { Program } from '../../helpers/program.ts';
import { writeAgentConfig, type AgentSettings } from './agent-config.ts';
import type { Scene } from './scene.ts';

/** Starts our agent, in the home of an earlier one if it has one; that it is online is for the server to say. */
export async function startPushyAgent(
  scene: Scene,
  settings: AgentSettings,
  earlier?: string,
  /** As on another host, for which two agents of one node do not see one another. */
  isElsewhere = false,
): Promise<Program> {
  const home = earlier ?? (await scene.subdir(`agent-${settings.node}`));
  const file = await writeAgentConfig(home, settings);
  const agent = built('client/src/main.ts', ['-c', file, '-l', 'debug', '-L', 'STDOUT']);
  return scene.start({
    name: `agent-${settings.node}`,
    ...(isElsewhere ? withOwnRun(agent) : agent),
    env: { ...process.env, HOME: home },
    cwd: home,
  });
}

/** With a /run of its own; the same process. */
function withOwnRun({ file, args }: ReturnType<typeof built>): ReturnType<typeof built> {
  const script = 'mount -t tmpfs none /run && exec "$@"';
  return { file: 'unshare', args: ['--mount', 'sh', '-c', script, 'sh', file, ...args] };
}
