import { readdir } from 'node:fs/promises';
import { isCode, readStat, statFields } from './proc.ts';

/** How long a process group may take to end after TERM, before it gets KILL: milliseconds. */
export const KILL_GRACE_MS = 3000;
/** How long the rest of a group is waited for after KILL, milliseconds (REFERENCE 19, A5: grace + 1 s in all). */
const AFTER_KILL_MS = 900;
/** Between two looks at the group, milliseconds. */
const LOOK_MS = 25;

/** The clock that the end of a process group is measured with. */
export interface KillClock {
  elapsed(): number;
  after(ms: number, action: () => void): () => void;
}

/**
 * Ends a whole process group: TERM, a grace, KILL. Resolves to true when nothing of it is left, to false when
 * something outlived KILL (a process that hangs in the kernel); after `graceMs` + 1 s at the latest (A5).
 */
export async function killGroup(
  groupId: number,
  clock: KillClock,
  graceMs: number = KILL_GRACE_MS,
): Promise<boolean> {
  signalGroup(groupId, 'SIGTERM');
  if (await goneWithin(groupId, clock, graceMs)) return true;
  signalGroup(groupId, 'SIGKILL');
  return goneWithin(groupId, clock, AFTER_KILL_MS);
}

async function goneWithin(groupId: number, clock: KillClock, ms: number): Promise<boolean> {
  const until = clock.elapsed() + ms;
  for (;;) {
    if (!(await mayLive(groupId))) return true;
    if (clock.elapsed() >= until) return false;
    await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve));
  }
}

/** Where it cannot be looked at (no descriptor is free), it goes on to be ended. */
async function mayLive(groupId: number): Promise<boolean> {
  try {
    return await groupLives(groupId);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return true;
    throw error;
  }
}

/** False when the group has no member but zombies: those hold nothing, and not every init reaps them. */
export async function groupLives(groupId: number): Promise<boolean> {
  if (!signalGroup(groupId, 0)) return false;
  const pids = await processIds();
  if (pids === undefined) return true;
  const members = await Promise.all(pids.map((pid) => isLiveMember(pid, groupId)));
  return members.includes(true);
}

/** False when there is no such group. */
function signalGroup(groupId: number, signal: 'SIGTERM' | 'SIGKILL' | 0): boolean {
  try {
    process.kill(-groupId, signal);
    return true;
  } catch (error) {
    // EPERM: there is a member, but it belongs to somebody else (a setuid program).
    return isCode(error, 'EPERM');
  }
}

/** Undefined where there is no /proc. */
async function processIds(): Promise<string[] | undefined> {
  try {
    return (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function isLiveMember(pid: string, groupId: number): Promise<boolean> {
  const stat = await readStat(pid);
  if (stat === undefined) return false;
  const [state, , group] = statFields(stat);
  return group === String(groupId) && state !== 'Z' && state !== 'X';
}
