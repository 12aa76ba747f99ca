import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isCode, readStat } from './proc.ts';
import { LEADER } from './run-script.ts';

/** What `job` is called from when its keeper may start the run until it has. */
export const BEGUN = 'begun';

/** What a keeper in Node is told of its run. */
export interface LaunchOrder {
  readonly spool: string;
  /** Where the command runs. */
  readonly dir: string;
  /** Bytes of one file of output; absent: the output is not kept. */
  readonly room?: number;
  /** Program and arguments that change the identity. */
  readonly identity: readonly string[];
  /** File mode bits that the command's files do not get, as a number in octal. */
  readonly umask: string;
}

/** A command that was started; undefined: an abort was first. */
export type Launch = (order: LaunchOrder) => ChildProcess | undefined;

/** Starts the command of a run on Unix, by the same leader as the sh keeper: it writes down who it is by itself. */
export const launchPosix: Launch = ({ spool, dir, room, identity, umask }) => {
  const path = join(spool, BEGUN);
  const job = openSync(path, 'r');
  rmSync(path);
  const stream = room === undefined ? 'ignore' : 'pipe';
  try {
    return spawn('/bin/sh', ['-c', LEADER, 'sh', dir, umask, ...identity], {
      cwd: spool,
      detached: true,
      stdio: ['ignore', stream, stream, job],
    });
  } finally {
    closeSync(job);
  }
};

/** How a command line is given to the shell of the system: program, and arguments as they are. */
export type ShellOf = (line: string) => { readonly file: string; readonly args: readonly string[] };

/** cmd.exe, as Mixlib::ShellOut calls it: a line in one more pair of quotes, nothing of its user's. */
export const cmdOf =
  (systemRoot: string): ShellOf =>
  (line) => ({
    file: `${systemRoot}\\System32\\cmd.exe`,
    args: ['/d', '/s', '/c', `"${line}"`],
  });

/** What `job` holds on Windows. */
interface WindowsJob {
  readonly line: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The text of `job` on Windows. */
export function windowsJob(line: string, env: Readonly<Record<string, string>>): string {
  const job: WindowsJob = { line, env };
  return JSON.stringify(job);
}

/**
 * Starts the command of a run on Windows. Nothing there writes down who it is before it becomes the command: the keeper
 * takes the leader's place, starts it, and writes that down at once.
 */
export const launchWindows =
  (shellOf: ShellOf): Launch =>
  ({ spool, dir, room }) => {
    const path = join(spool, BEGUN);
    const { line, env } = JSON.parse(readFileSync(path, 'utf8')) as WindowsJob;
    rmSync(path);
    const leader = join(spool, 'leader');
    try {
      writeFileSync(leader, '', { flag: 'wx' });
    } catch (error) {
      if (isCode(error, 'EEXIST')) return undefined;
      throw error;
    }
    const { file, args } = shellOf(line);
    const stream = room === undefined ? 'ignore' : 'pipe';
    const child = spawn(file, args, {
      cwd: dir,
      env,
      stdio: ['ignore', stream, stream],
      windowsVerbatimArguments: true,
      windowsHide: true,
    });
    if (child.pid !== undefined) writeFileSync(leader, `${child.pid}\n`);
    return child;
  };

/** A line that tells a process of Unix from a later one with its number, where the system says that. */
export async function posixMark(pid: number): Promise<string> {
  return (await readStat(pid)) ?? `${pid}\n`;
}
