import { readFile } from 'node:fs/promises';
import { runProgram } from './program.ts';

/** An operating system's user, as the user database has him. */
export interface OsUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** Looks a user up by name, in every source that the system knows (getent: files, LDAP, SSSD); undefined for nobody. */
export async function findUser(name: string): Promise<OsUser | undefined> {
  if (!/^[^:\s-][^:\s]*$/.test(name)) return undefined;
  const { code, stdout } = await runProgram('getent', ['passwd', name]);
  const lines = code === undefined ? await readFile('/etc/passwd', 'utf8') : stdout;
  for (const line of lines.split('\n')) {
    const [entry, , uid, gid, , home = '/', shell = ''] = line.split(':');
    // getent also finds by number: only the name counts, as in the reference.
    if (entry !== name || uid === undefined || gid === undefined) continue;
    return { name, uid: Number(uid), gid: Number(gid), home, shell };
  }
  return undefined;
}

/** Why the agent cannot run something as this user; undefined when it can. */
export function cannotBecome(user: OsUser): string | undefined {
  if (isSelf(user)) return undefined;
  if (process.getuid?.() === 0) return undefined;
  return `the agent does not run as root and cannot become user ${user.name}`;
}

/** Number of the user that the agent runs as; undefined where there are no such numbers. */
export function ownUserId(): number | undefined {
  return process.getuid?.();
}

/** True for the user that the agent itself runs as. */
export function isSelf(user: Pick<OsUser, 'uid'>): boolean {
  return process.getuid?.() === user.uid;
}
