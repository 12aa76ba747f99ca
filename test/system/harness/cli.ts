import { built } from '../../helpers/built.ts';
import { makeWorkstation, type Workstation } from './knife.ts';
import { writeKnifeConfig, type WorkstationSettings } from './knife-config.ts';
import type { Scene } from './scene.ts';

/** Our own `pushy`, for one user of one Chef server; it reads the same configuration as knife. */
export async function makeCli(scene: Scene, settings: WorkstationSettings): Promise<Workstation> {
  const home = await scene.subdir('pushy');
  await writeKnifeConfig(home, settings);
  return makeWorkstation('pushy', home, (args) => ({
    ...built('knife-bridge/src/main.ts', args),
    env: { ...process.env, HOME: home },
  }));
}
