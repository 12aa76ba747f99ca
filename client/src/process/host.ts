import type { KeeperForm } from './keeper.ts';
import { NODE_KEEPER, WINDOWS_KEEPER } from './node-keeper.ts';
import { isThere } from './proc.ts';
import { POSIX_PROCESSES, windowsProcesses, type Processes } from './processes.ts';
import { runProgram } from './program.ts';
import { SH_KEEPER } from './sh-keeper.ts';
import { hasProgram } from './system-path.ts';
import { cannotBecome, findUser, isSelf, type OsUser } from './user.ts';

/** What the runs of a node have to know of its system. */
export interface Host {
  readonly keeper: KeeperForm;
  readonly processes: Processes;
  readonly findUser: (name: string) => Promise<OsUser | undefined>;
  /** Why the agent cannot run something as this user; undefined when it can. */
  readonly cannotBecome: (user: OsUser) => string | undefined;
  /** Names of environment variables that differ in case alone are the same. */
  readonly foldsNames: boolean;
  /** A directory can be synced, and has to be: its names last no longer than that otherwise. */
  readonly syncsDirectories: boolean;
}

/** Chooses by what the platform offers. */
export function hostOf(platform: string, has: (program: string) => boolean = hasProgram): Host {
  if (platform === 'win32') return WINDOWS;
  const isWhole = has('setsid') && has('flock');
  return {
    keeper: isWhole ? SH_KEEPER : NODE_KEEPER,
    processes: POSIX_PROCESSES,
    findUser,
    cannotBecome: (user) => {
      if (isSelf(user) || has('setpriv')) return cannotBecome(user);
      return `there is no setpriv (util-linux) here, through which the agent would become user ${user.name}`;
    },
    foldsNames: false,
    syncsDirectories: true,
  };
}

const WINDOWS: Host = {
  keeper: WINDOWS_KEEPER,
  processes: windowsProcesses({ run: runProgram, isThere }),
  // Nobody is looked up: whoever it is, the answer is the same.
  findUser: (name) => Promise.resolve({ name, uid: -1, gid: -1, home: '', shell: '' }),
  cannotBecome: ({ name }) =>
    `on Windows the agent runs jobs as its own user alone, not as ${name}`,
  foldsNames: true,
  syncsDirectories: false,
};

/** This one. */
export function hostHere(): Host {
  return hostOf(process.platform);
}
