import { readdirSync, readFileSync } from 'node:fs';

/** A process as /proc shows it; `started` tells it from a later one with the same id. */
export interface FoundProcess {
  readonly pid: number;
  readonly parent: number;
  readonly started: string;
  readonly command: string;
}

/** All living processes whose environment has NAME=VALUE: the children of a program, however they were detached. */
export function findByEnvironment(name: string, value: string): FoundProcess[] {
  return allProcesses().filter((p) => hasEnvironment(p.pid, `${name}=${value}`));
}

/** All living children of a process and theirs, as seen now. */
export function findDescendants(pid: number): FoundProcess[] {
  const all = allProcesses();
  const found: FoundProcess[] = [];
  const parents = new Set([pid]);
  for (let size = 0; size !== parents.size;) {
    size = parents.size;
    for (const p of all) {
      if (!parents.has(p.parent) || parents.has(p.pid)) continue;
      parents.add(p.pid);
      found.push(p);
    }
  }
  return found;
}

/** Kills the processes that still are the ones that were found. */
export function killFound(found: readonly FoundProcess[]): void {
  for (const p of found) {
    if (readProcess(p.pid)?.started !== p.started) continue;
    try {
      process.kill(p.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

function allProcesses(): FoundProcess[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => readProcess(Number(entry)))
    .filter((p) => p !== undefined);
}

/** Undefined when the process is gone or only waits to be collected. */
function readProcess(pid: number): FoundProcess | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The command is in brackets and may hold brackets and spaces itself: read from its end.
  const end = stat.lastIndexOf(')');
  const [state, parent, ...rest] = stat.slice(end + 2).split(' ');
  if (state === 'Z' || state === 'X') return undefined;
  return {
    pid,
    parent: Number(parent),
    // Field 22 of /proc/PID/stat; the command was the second, this list begins with the fifth.
    started: rest[17] ?? '',
    command: stat.slice(stat.indexOf('(') + 1, end),
  };
}

function hasEnvironment(pid: number, entry: string): boolean {
  return readIfThere(`/proc/${pid}/environ`)?.split('\0').includes(entry) ?? false;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Gone meanwhile, or another user's: not ours.
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code ?? '')) return undefined;
    throw error;
  }
}
