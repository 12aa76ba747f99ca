import { built } from '../../helpers/built.ts';
import type { Program } from '../../helpers/program.ts';
import { writeAgentConfig, type AgentSettings } from './agent-config.ts';
import type { Scene } from './scene.ts';

/** Starts our agent, in the home of an earlier one if it has one; that it is online is for the server to say. */
export async function startPushyAgent(
  scene: Scene,
  settings: AgentSettings,
  earlier?: string,
): Promise<Program> {
  const home = earlier ?? (await scene.subdir(`agent-${settings.node}`));
  const file = await writeAgentConfig(home, settings);
  return scene.start({
    name: `agent-${settings.node}`,
    ...built('client/src/main.ts', ['-c', file, '-l', 'debug', '-L', 'STDOUT']),
    env: { ...process.env, HOME: home },
    cwd: home,
  });
}
