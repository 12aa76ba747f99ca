import { quote } from './quote.ts';
import { isSelf, type OsUser } from './user.ts';

/** Names that a shell can export; it drops all others. */
const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Names that some shells refuse to set. */
const READ_ONLY: ReadonlySet<string> = new Set(['UID', 'EUID', 'PPID', 'BASHOPTS', 'SHELLOPTS']);

/**
 * What the leader of a run does as its last act, in sh and as the job's own user: takes the environment of the job and
 * no other, and becomes the command line in a shell, as Ruby's system calls do (pipes, `&&`, quotes). A LD_PRELOAD of
 * a job reaches nothing that still runs as root. A shell that reads it as its standard input has all of it before it
 * does any of it.
 */
export function jobScript(line: string, env: Readonly<Record<string, string>>): string {
  const exports = Object.entries(env)
    .filter(([name]) => SHELL_NAME.test(name) && !READ_ONLY.has(name))
    .map(([name, value]) => `export ${name}=${quote(value)}`);
  const become = `exec /bin/sh -c ${quote(line)} sh`;
  return ['{', 'exec </dev/null 3<&-', 'unset PATH OLDPWD', ...exports, become, '}', ''].join('\n');
}

/** Enters a directory as the user that it has become, as Ruby's system calls do: root may look where he may not. */
const ENTER = 'cd "$1" || exit 126; shift; exec "$@"';

/**
 * The program that becomes this user, with all his groups, and enters the directory then; Node's own `uid` would drop
 * the supplementary groups. Nothing for the user that the agent is: he is in the directory already.
 */
export function becoming(user: OsUser | undefined, dir: string | undefined): readonly string[] {
  if (user === undefined || isSelf(user)) return [];
  const change = ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', '--'];
  return dir === undefined ? change : [...change, '/bin/sh', '-c', ENTER, 'sh', dir];
}
