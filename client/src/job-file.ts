import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AgentError, messageOf } from './errors.ts';
import type { Log } from './log.ts';

const PREFIX = 'pushy_file';

/** Who owns the file, so that he can read it. */
interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A job's file on disk. */
export interface StoredFile {
  readonly path: string;
  remove(): Promise<void>;
}

/** Where the files of jobs are kept. */
export interface JobFiles {
  store(contents: Buffer, owner?: Owner): Promise<StoredFile>;
  /** A file that an agent before this one has stored. */
  adopt(path: string): StoredFile;
  /** Removes what runs have left behind, when it is older than `maxAgeMs`. Gives the number of removed files. */
  sweep(now: number, maxAgeMs: number): Promise<number>;
}

/** The contents of a job's file by its prefix, `raw:` or `base64:`; undefined for any other text (REFERENCE 16). */
export function decodeFile(file: string): Buffer | undefined {
  if (file.startsWith('raw:')) return Buffer.from(file.slice(4));
  if (!file.startsWith('base64:')) return undefined;
  const text = file.slice(7).replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}

/**
 * Keeps each file in a directory of its own below `dir`, which is made when it is missing. The directory stays the
 * agent's, so that nobody else can put something in the place of the file. `ownUid`: the user that the agent runs as,
 * where the system has such numbers.
 */
export function makeJobFiles(
  dir: string,
  ownUid: number | undefined,
  log: Pick<Log, 'warn'>,
): JobFiles {
  const inUse = new Set<string>();
  return {
    store: async (contents, owner) => {
      // Others may pass through, to the one file that is theirs, and may not look around.
      await mkdir(dir, { recursive: true, mode: 0o711 });
      await checkSafe(dir, ownUid);
      const home = join(dir, `${PREFIX}-${randomBytes(8).toString('hex')}`);
      const path = join(home, PREFIX);
      inUse.add(home);
      try {
        await mkdir(home, { mode: 0o700 });
        await write(path, contents, owner);
        // Not by mkdir: the umask could take it away.
        if (owner !== undefined && owner.uid !== ownUid) await chmod(home, 0o711);
      } catch (error) {
        await remove(home);
        throw error;
      }
      return { path, remove: () => remove(home) };
    },
    adopt: (path) => {
      const home = dirname(path);
      inUse.add(home);
      return { path, remove: () => remove(home) };
    },
    sweep: async (now, maxAgeMs) => {
      if (!(await checkSafe(dir, ownUid))) return 0;
      const left: string[] = [];
      let removed = 0;
      for (const name of await namesIn(dir)) {
        const path = join(dir, name);
        if (!name.startsWith(PREFIX) || inUse.has(path)) continue;
        const found = await unlessMissing(lstat(path));
        if (found === undefined || now - found.mtimeMs <= maxAgeMs) continue;
        if (isOwnHome(found, ownUid) && (await clear(path))) removed++;
        else left.push(path);
      }
      if (left.length > 0) {
        log.warn(
          { count: left.length, first: left[0] },
          'expired entries left in file_dir: they are no files of this agent',
        );
      }
      return removed;
    },
  };

  async function remove(home: string): Promise<void> {
    try {
      await unlessMissing(unlink(join(home, PREFIX)));
      await unlessMissing(rmdir(home));
    } finally {
      inUse.delete(home);
    }
  }
}

/** A directory, no link, in which the agent alone can make entries. */
function isOwnHome(found: Stats, ownUid: number | undefined): boolean {
  const isOwn = ownUid === undefined || (found.uid === ownUid && (found.mode & 0o022) === 0);
  return found.isDirectory() && isOwn;
}

/** Removes a directory with its plain entries and links, never what links point to; false when it holds directories. */
async function clear(home: string): Promise<boolean> {
  const entries = await readdir(home, { withFileTypes: true });
  if (entries.some((entry) => entry.isDirectory())) return false;
  for (const { name } of entries) await unlessMissing(unlink(join(home, name)));
  await unlessMissing(rmdir(home));
  return true;
}

async function write(path: string, contents: Buffer, owner: Owner | undefined): Promise<void> {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
  const file = await open(path, flags, 0o600);
  try {
    await file.writeFile(contents);
    if (owner !== undefined) await file.chown(owner.uid, owner.gid);
  } finally {
    await file.close();
  }
}

/** Throws unless nobody else can put something in the place of ours there; false when there is no such directory. */
async function checkSafe(dir: string, ownUid: number | undefined): Promise<boolean> {
  const found = await unlessMissing(lstat(dir));
  if (found === undefined) return false;
  // Without numbers of users there are no such bits either (Windows): its rights are not looked at.
  const isOpen = ownUid !== undefined && (found.mode & 0o022) !== 0 && (found.mode & 0o1000) === 0;
  const isForeign = ownUid !== undefined && found.uid !== ownUid && found.uid !== 0;
  if (!found.isDirectory() || isOpen || isForeign) {
    throw new AgentError(
      'bad_config',
      `file_dir ${dir} is not safe: it must be a directory of root or of the agent's user, no link, that others cannot write to`,
    );
  }
  return true;
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return (await unlessMissing(readdir(dir))) ?? [];
  } catch (error) {
    throw new AgentError('bad_config', `file_dir ${dir}: ${messageOf(error)}`, { cause: error });
  }
}

/** Undefined when the file that is worked on does not exist. */
async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
