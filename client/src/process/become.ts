import { isSelf, type OsUser } from './user.ts';

/** A program with its arguments and its environment. */
export interface Invocation {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Names that a shell can import and export again; a shell drops all others. */
const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Names that some shells refuse to set. */
const READ_ONLY: ReadonlySet<string> = new Set(['UID', 'EUID', 'PPID', 'BASHOPTS', 'SHELLOPTS']);
/** Where setpriv is looked for: never in a PATH that comes with a job. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const HIDDEN = 'PUSHY_HIDDEN_';

/**
 * How to run a command line through the shell, as Ruby's system calls do, and as which user. Node's own `uid` would
 * drop all of the user's other groups, so setpriv changes identity. It is still root when it starts, and a job's
 * LD_PRELOAD must not reach it: the environment travels under harmless names and is restored by the user's shell.
 */
export function invocation(
  line: string,
  env: Readonly<Record<string, string>>,
  user: OsUser | undefined,
): Invocation {
  if (user === undefined || isSelf(user)) return { file: '/bin/sh', args: ['-c', line], env };
  const hidden: Record<string, string> = { PATH: SYSTEM_PATH };
  const restore: string[] = ['unset PATH'];
  for (const [name, value] of Object.entries(env)) {
    if (!SHELL_NAME.test(name) || READ_ONLY.has(name) || name.startsWith(HIDDEN)) continue;
    const alias = `${HIDDEN}${restore.length}`;
    hidden[alias] = `${name}=${value}`;
    restore.push(`export "$${alias}"; unset ${alias}`);
  }
  const script = [...restore, 'exec /bin/sh -c "$1"'].join('\n');
  const identity = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups'];
  return {
    file: 'setpriv',
    args: [...identity, '--', '/bin/sh', '-c', script, 'sh', line],
    env: hidden,
  };
}
