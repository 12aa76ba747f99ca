import type { RunResult } from '../../helpers/run.ts';
import { normalise } from '../harness/normalise.ts';

/** All that a program said and how it ended, without what differs from run to run. */
export interface Transcript {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What is kept of the states that polling saw on the way, which depend on the machine's speed. */
export type Progress = 'none' | 'running';

/** A program's end as a transcript; `<JOB>` is the given job, or the one that the program itself started. */
export function transcribe(
  result: RunResult,
  options: { progress?: Progress; job?: string } = {},
): Transcript {
  const { progress = 'none', job = startedJob(result.stdout) } = options;
  const file = jobFile(result.stdout);
  const literals = {
    ...(job === undefined ? {} : { [job]: '<JOB>' }),
    ...(file === undefined ? {} : { [file]: '<FILE>' }),
  };
  return {
    code: result.code,
    stdout: withoutPolls(normalise(result.stdout, literals), progress),
    stderr: normalise(result.stderr, literals),
  };
}

/** The id of the job that "job start" said it started. */
export function startedJob(stdout: string): string | undefined {
  return /^Started\. {2}Job ID: ([0-9a-f]{32})$/m.exec(stdout)?.[1];
}

/** Path of the job's file, as the command "probe" prints it. */
export function jobFile(stdout: string): string | undefined {
  return /^file: (.+)$/m.exec(stdout)?.[1];
}

/** A text as it is printed: without the indentation that it has in the source. */
export function text(template: TemplateStringsArray, ...values: string[]): string {
  const lines = String.raw({ raw: template }, ...values)
    .replace(/^\n/, '')
    .split('\n');
  const indentations = lines.filter((l) => l.trim() !== '').map((l) => l.search(/\S/));
  const indentation = Math.min(...indentations);
  return lines.map((l) => l.slice(indentation)).join('\n');
}

/** One dot is one poll: as many as there were become one. */
function withoutPolls(said: string, progress: Progress): string {
  const passing =
    progress === 'none' ? '(?:Voting\\.|Running .*)' : '(?:Voting\\.|Running \\(0/.*)';
  return said.replace(new RegExp(`^\\.+${passing}\\n`, 'gm'), '').replace(/^\.+(?=[A-Z])/gm, '.');
}
