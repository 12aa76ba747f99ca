import type { Program } from '../../helpers/program.ts';
import { writeAgentConfig, type AgentSettings } from './agent-config.ts';
import { gemProgram } from './gem-program.ts';
import type { Scene } from './scene.ts';

/** Starts the reference agent; that it is online is for the server to say. */
export async function startRubyAgent(scene: Scene, settings: AgentSettings): Promise<Program> {
  const home = await scene.subdir(`ruby-agent-${settings.node}`);
  const file = await writeAgentConfig(home, settings);
  return scene.start({
    name: `ruby-agent-${settings.node}`,
    ...gemProgram('agent', 'pushy-client', ['-c', file, '-l', 'info', '-L', 'STDOUT'], home),
    cwd: home,
  });
}
