import { run, type RunResult } from '../../helpers/run.ts';
import { gemProgram } from './gem-program.ts';
import { writeKnifeConfig, type WorkstationSettings } from './knife-config.ts';
import type { Scene } from './scene.ts';

/** A command line program of a workstation, with a configuration of its own. */
export interface Workstation {
  readonly home: string;
  /** Runs it to its end; rejects only when it does not end in time. */
  run(args: readonly string[], options?: WorkstationRun): Promise<RunResult>;
  /** The same, but rejects on another exit code than 0; answers what it printed on stdout. */
  ok(args: readonly string[], options?: WorkstationRun): Promise<string>;
}

/** How a workstation's program is run. */
export interface WorkstationRun {
  readonly input?: string;
  /** Milliseconds, 60,000 unless said. */
  readonly timeoutMs?: number;
}

/** The real knife, with the original push jobs plugin, for one user of one Chef server. */
export async function makeKnife(scene: Scene, settings: WorkstationSettings): Promise<Workstation> {
  const home = await scene.subdir('knife');
  await writeKnifeConfig(home, settings);
  return makeWorkstation('knife', home, (args) => gemProgram('workstation', 'knife', args, home));
}

/** A workstation around what answers the command line for its arguments. */
export function makeWorkstation(
  name: string,
  home: string,
  commandLine: (args: readonly string[]) => {
    file: string;
    args: string[];
    env: NodeJS.ProcessEnv;
  },
): Workstation {
  const runIt: Workstation['run'] = (given, { input, timeoutMs = 60_000 } = {}) => {
    const { file, args, env } = commandLine(given);
    return run(file, args, {
      env,
      cwd: home,
      timeoutMs,
      ...(input === undefined ? {} : { input }),
    });
  };
  return {
    home,
    run: runIt,
    ok: async (args, options) => {
      const { code, stdout, stderr } = await runIt(args, options);
      if (code === 0) return stdout;
      throw new Error(`${name} ${args.join(' ')} ended with ${String(code)}:\n${stdout}${stderr}`);
    },
  };
}
