import { readFile } from 'node:fs/promises';
import { runProgram } from './program.ts';

/** A process that cannot be taken for a later one with the same number. */
export interface ProcessMark {
  readonly pid: number;
  /** Clock ticks from the boot to its start; undefined where the system does not say. */
  readonly start: string | undefined;
}

/**
 * Reads a line of /proc/PID/stat, or a number with the start of the process as the system says it, or a number alone
 * where it says nothing; undefined for anything else.
 */
export function parseMark(text: string): ProcessMark | undefined {
  const pid = Number.parseInt(text, 10);
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  return { pid, start: statFields(text)[19] ?? /^\d+ (\d+)\s*$/.exec(text)?.[1] };
}

/** True while this very process is there and no zombie. */
export async function isAlive({ pid, start }: ProcessMark): Promise<boolean> {
  if (start === undefined) return isThere(pid);
  const stat = await readStat(pid);
  if (stat === undefined) return false;
  const fields = statFields(stat);
  return fields[19] === start && fields[0] !== 'Z' && fields[0] !== 'X';
}

/** True when the number of a process is in use by another one than this. */
export async function isReused({ pid, start }: ProcessMark): Promise<boolean> {
  const stat = start === undefined ? undefined : await readStat(pid);
  return stat !== undefined && statFields(stat)[19] !== start;
}

/** Changes with each boot of the machine; the same for ever where the system does not say. */
export async function bootId(): Promise<string> {
  const id = await readText('/proc/sys/kernel/random/boot_id');
  if (id !== undefined) return id.trim();
  // Unix without /proc says when it was booted.
  const { code, stdout } = await runProgram('who', ['-b']);
  return (code === 0 && stdout.trim()) || 'unknown';
}

/** The fields of /proc/PID/stat after the name, which stands in parentheses and may hold anything. */
export function statFields(stat: string): string[] {
  const end = stat.lastIndexOf(')');
  return end < 0
    ? []
    : stat
        .slice(end + 2)
        .trim()
        .split(' ');
}

/** Undefined when there is no such process. */
export function readStat(pid: number | string): Promise<string | undefined> {
  return readText(`/proc/${pid}/stat`);
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'latin1');
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ESRCH')) return undefined;
    throw error;
  }
}

/** True while a process has this number. */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

/** True for an error of the system with this code. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
