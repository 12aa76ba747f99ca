import type { JobOrder } from '../core/runner.ts';
import { decodeFile } from '../job-file.ts';
import type { OsUser } from '../process/user.ts';
import type { WhitelistAnswer } from '../whitelist.ts';

/** What an accepted order will run, and what is held for it. */
export interface JobPlan {
  readonly commandLine: string;
  readonly user?: OsUser;
  /** Contents of the job's file. */
  readonly file?: Buffer;
  /** File whose lock is held from commit to end. */
  readonly lock?: string;
}

/** What the check asks. */
export interface JobCheckDeps {
  readonly lookUp: (command: string) => WhitelistAnswer | Promise<WhitelistAnswer>;
  readonly findUser: (name: string) => Promise<OsUser | undefined>;
  readonly cannotBecome: (user: OsUser) => string | undefined;
  readonly isDirectory: (path: string) => Promise<boolean>;
  /** chef-client's own lock file: what `lock: true` means. */
  readonly chefLockFile: string;
}

/** The plan of an order that this node can run, or why it cannot (REFERENCE 16). */
export type JobCheck = { ok: true; plan: JobPlan } | { ok: false; reason: string };

/** Looks at whitelist, user, directory and file, in the order of REFERENCE 16. */
export async function checkOrder(order: JobOrder, deps: JobCheckDeps): Promise<JobCheck> {
  const entry = await deps.lookUp(order.command);
  if (!entry.ok) return entry;
  const { commandLine, lock } = entry.value;
  if (hasNul(order, commandLine)) return refuse('command, directory or environment hold a NUL');

  const user = order.user === undefined ? undefined : await deps.findUser(order.user);
  if (order.user !== undefined && user === undefined) {
    return refuse(`there is no user ${order.user} here`);
  }
  const obstacle = user === undefined ? undefined : deps.cannotBecome(user);
  if (obstacle !== undefined) return refuse(obstacle);
  if (order.dir !== undefined && !(await deps.isDirectory(order.dir))) {
    return refuse(`there is no directory ${order.dir} here`);
  }
  const file = order.file === undefined ? undefined : decodeFile(order.file);
  if (order.file !== undefined && file === undefined) {
    return refuse('the file starts neither with raw: nor with base64: and its text');
  }

  const plan = {
    commandLine,
    ...(user === undefined ? {} : { user }),
    ...(file === undefined ? {} : { file }),
    ...(lock === undefined ? {} : { lock: lock === true ? deps.chefLockFile : lock }),
  };
  return { ok: true, plan };
}

function refuse(reason: string): { ok: false; reason: string } {
  return { ok: false, reason };
}

function hasNul(order: JobOrder, commandLine: string): boolean {
  const env = Object.entries(order.env ?? {}).flat();
  return [commandLine, order.dir ?? '', ...env].some((text) => text.includes('\0'));
}
