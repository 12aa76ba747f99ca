import { cmdOf, launchPosix, launchWindows, posixMark } from './launch.ts';
import type { KeepEdges } from './keep-run.ts';
import { posixLockHolder, windowsLockHolder } from './lock-holder.ts';
import { windowsStart } from './processes.ts';
import { runProgram } from './program.ts';

/** Unix. */
export const POSIX_EDGES: KeepEdges = {
  launch: launchPosix,
  marksLeader: false,
  markOf: posixMark,
  lockHolder: (file) => posixLockHolder(file),
};

/** Windows; `systemRoot` as its variable SystemRoot says. */
export function windowsEdges(systemRoot: string, run = runProgram): KeepEdges {
  return {
    launch: launchWindows(cmdOf(systemRoot)),
    marksLeader: true,
    markOf: async (pid) => {
      const start = await windowsStart(run, pid);
      return start === undefined ? `${pid}\n` : `${pid} ${start}\n`;
    },
    lockHolder: windowsLockHolder,
  };
}
