import { quote } from './quote.ts';
import { isSelf, type OsUser } from './user.ts';

/** Names that a shell can export; it drops all others. */
const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Names that some shells refuse to set. */
const READ_ONLY: ReadonlySet<string> = new Set(['UID', 'EUID', 'PPID', 'BASHOPTS', 'SHELLOPTS']);

/**
 * What the leader of a run does as its last act, in sh and as the job's own user: takes the environment of the job and
 * no other, and becomes the command line in a shell, as Ruby's system calls do (pipes, `&&`, quotes). A LD_PRELOAD of
 * a job reaches nothing that still runs as root.
 */
export function jobScript(line: string, env: Readonly<Record<string, string>>): string {
  const exports = Object.entries(env)
    .filter(([name]) => SHELL_NAME.test(name) && !READ_ONLY.has(name))
    .map(([name, value]) => `export ${name}=${quote(value)}`);
  return ['exec 3<&-', 'unset PATH OLDPWD', ...exports, `exec /bin/sh -c ${quote(line)} sh`].join(
    '\n',
  );
}

/** The program that becomes this user, with all his groups; Node's own `uid` would drop the supplementary ones. */
export function becoming(user: OsUser | undefined): readonly string[] {
  if (user === undefined || isSelf(user)) return [];
  return ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', '--'];
}
