import { readFile } from 'node:fs/promises';
import { isCode } from './proc.ts';
import { runProgram, type ProgramResult } from './program.ts';

/** What is asked of the system about the unit that the agent runs in. */
export interface ScopeEdges {
  /** Undefined when there is no such file. */
  readonly readText: (file: string) => Promise<string | undefined>;
  readonly run: (file: string, args: readonly string[]) => Promise<ProgramResult>;
}

/** What becomes of a run when the agent's unit is stopped, and what can be done about it. */
export type ScopeNeed =
  /** No unit would take it along. */
  | 'needless'
  /** It would; a scope of its own saves it. */
  | 'scope'
  /** It would, and there is no help for it here. */
  | 'helpless';

/** Kill modes of systemd that leave the children of a service alone. */
const SPARING: ReadonlySet<string> = new Set(['process', 'none']);

const SYSTEM: ScopeEdges = {
  readText: async (file) => {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      if (isCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  },
  run: runProgram,
};

/**
 * Looks whether systemd would end the runs together with the agent: its default for a service, which the unit of the
 * original's cookbook leaves as it is, is to kill the whole control group.
 */
export async function scopeNeed({ readText, run }: ScopeEdges = SYSTEM): Promise<ScopeNeed> {
  const unit = serviceOf((await readText('/proc/self/cgroup')) ?? '');
  if (unit === undefined) return 'needless';
  const show = await run('systemctl', ['show', '--property=KillMode', '--value', '--', unit]);
  if (show.code !== 0) return 'needless';
  if (SPARING.has(show.stdout.trim())) return 'needless';
  return (await run('systemd-run', ['--version'])).code === 0 ? 'scope' : 'helpless';
}

/** The program and arguments that start another in a scope of its own, under the same number and over the same pipes. */
export function inScope(jobId: string): readonly string[] {
  return ['systemd-run', '--scope', '--quiet', '--collect', `--description=Push job ${jobId}`];
}

/** The service that a process is in, by /proc/PID/cgroup in either of its forms; undefined in a session or without. */
function serviceOf(text: string): string | undefined {
  for (const line of text.split('\n')) {
    const [, controllers, path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers !== '' && controllers !== 'name=systemd') continue;
    const unit = path.split('/').find((part) => part.endsWith('.service'));
    // A user's own manager has services below its own; those are not root's.
    if (unit !== undefined && !unit.startsWith('user@')) return unit;
  }
  return undefined;
}
