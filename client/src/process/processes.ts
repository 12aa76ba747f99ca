import { groupLives, killGroup, type KillClock } from './kill.ts';
import { isAlive, isReused, type ProcessMark } from './proc.ts';
import type { ProgramResult } from './program.ts';

/** What a system says of the processes of a run, and how they are ended. */
export interface Processes {
  /** True while this very process is there. */
  readonly isAlive: (mark: ProcessMark) => Promise<boolean>;
  /** True while anything of a run is there, as far as the system tells it by the run's leader. */
  readonly runLives: (leader: ProcessMark) => Promise<boolean>;
  /** Ends all of that; false when not all of it could be ended. */
  readonly endRun: (leader: ProcessMark, clock: KillClock) => Promise<boolean>;
}

/** Unix: a run is the process group of its leader. */
export const POSIX_PROCESSES: Processes = {
  isAlive,
  runLives: async (leader) => !(await isReused(leader)) && (await groupLives(leader.pid)),
  endRun: async (leader, clock) => (await isReused(leader)) || killGroup(leader.pid, clock),
};

/** What the processes of Windows are asked through. */
export interface WindowsEdges {
  readonly run: (file: string, args: readonly string[]) => Promise<ProgramResult>;
  readonly isThere: (pid: number) => boolean;
}

/** How long the end of a tree that was killed is waited for, and how often it is looked at: milliseconds. */
const GONE_MS = 900;
const LOOK_MS = 50;

/**
 * Windows: a run is its leader and what that has started, which taskkill ends at once (a console program has no other
 * way to be ended). What outlives its parent there belongs to nobody any more: a run is over with its leader.
 */
export function windowsProcesses({ run, isThere }: WindowsEdges): Processes {
  const isSame = async ({ pid, start }: ProcessMark): Promise<boolean> => {
    if (!isThere(pid)) return false;
    const found = start === undefined ? undefined : await windowsStart(run, pid);
    return found === undefined ? isThere(pid) : found === start;
  };
  return {
    isAlive: isSame,
    runLives: isSame,
    endRun: async (leader, clock) => {
      if (!(await isSame(leader))) return true;
      await run('taskkill', ['/PID', String(leader.pid), '/T', '/F']);
      const until = clock.elapsed() + GONE_MS;
      while (isThere(leader.pid)) {
        if (clock.elapsed() >= until) return false;
        await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve));
      }
      return true;
    },
  };
}

/** When a process of Windows was started, as a file time; undefined when there is none, or it does not say. */
export async function windowsStart(
  run: WindowsEdges['run'],
  pid: number,
): Promise<string | undefined> {
  const ask = `(Get-Process -Id ${pid} -ErrorAction Stop).StartTime.ToFileTimeUtc()`;
  const { code, stdout } = await run('powershell.exe', [...POWERSHELL, ask]);
  const start = stdout.trim();
  return code === 0 && /^\d+$/.test(start) ? start : undefined;
}

/** How PowerShell is told to run one command and nothing of its user's. */
export const POWERSHELL: readonly string[] = ['-NoProfile', '-NonInteractive', '-Command'];
