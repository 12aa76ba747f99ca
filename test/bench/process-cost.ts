import { readdirSync, readFileSync } from 'node:fs';

/** What a process has cost so far. */
export interface Cost {
  /** On a processor, milliseconds. */
  readonly cpu: number;
  /** The same by kind of thread: `node` is JavaScript, `ZMQbg/IO/0` reads, writes and encrypts. */
  readonly byThread: Readonly<Record<string, number>>;
}

/** Asks Linux. Threads that have ended are not in it; a server's live as long as it does. */
export function costOf(pid: number): Cost {
  const byThread: Record<string, number> = {};
  let cpu = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const at = `/proc/${pid}/task/${task}`;
    const ms = Number(readFileSync(`${at}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
    const name = task === String(pid) ? 'javascript' : readFileSync(`${at}/comm`, 'latin1').trim();
    byThread[name] = (byThread[name] ?? 0) + ms;
    cpu += ms;
  }
  return { cpu, byThread };
}

/** What was added between two looks. */
export function costSince(before: Cost, after: Cost): Cost {
  const byThread = Object.fromEntries(
    Object.entries(after.byThread).map(([name, ms]) => [name, ms - (before.byThread[name] ?? 0)]),
  );
  return { cpu: after.cpu - before.cpu, byThread };
}

/** A cost in words; `per`: what it is divided by. */
export function describeCost({ byThread }: Cost, per: number, unit: string): string {
  return Object.entries(byThread)
    .map(([name, ms]) => [name, (ms * 1000) / per] as const)
    .filter(([, us]) => us >= 0.05)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, us]) => `${name} ${us.toFixed(1)} ${unit}`)
    .join(', ');
}

/** Resident memory, megabytes. */
export function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** Open descriptors. */
export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
