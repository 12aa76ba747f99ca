import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rm, chown } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError, messageOf } from './errors.ts';

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
 * Keeps each file in a private directory of its own below `dir`, which is made when it is missing. `ownUid`: the user
 * that the agent runs as, where the system has such numbers.
 */
export function makeJobFiles(dir: string, ownUid: number | undefined): JobFiles {
  const inUse = new Set<string>();
  return {
    store: async (contents, owner) => {
      await ensureSafe(dir, ownUid);
      const home = join(dir, `${PREFIX}-${randomBytes(8).toString('hex')}`);
      const path = join(home, PREFIX);
      inUse.add(home);
      try {
        await mkdir(home, { mode: 0o700 });
        await write(path, contents, owner);
        if (owner !== undefined) await chown(home, owner.uid, owner.gid);
      } catch (error) {
        await remove(home);
        throw error;
      }
      return { path, remove: () => remove(home) };
    },
    sweep: async (now, maxAgeMs) => {
      const names = await namesIn(dir);
      let removed = 0;
      for (const name of names) {
        const path = join(dir, name);
        if (!name.startsWith(PREFIX) || inUse.has(path)) continue;
        const { mtimeMs } = await lstat(path);
        if (now - mtimeMs <= maxAgeMs) continue;
        await rm(path, { recursive: true, force: true });
        removed++;
      }
      return removed;
    },
  };

  async function remove(home: string): Promise<void> {
    await rm(home, { recursive: true, force: true });
    inUse.delete(home);
  }
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

/** A directory in which nobody else can put something in the place of ours. */
async function ensureSafe(dir: string, ownUid: number | undefined): Promise<void> {
  // Others may pass through, to the one directory that is theirs, and may not look around.
  await mkdir(dir, { recursive: true, mode: 0o711 });
  const found = await lstat(dir);
  const isOpen = (found.mode & 0o022) !== 0 && (found.mode & 0o1000) === 0;
  const isForeign = ownUid !== undefined && found.uid !== ownUid && found.uid !== 0;
  if (!found.isDirectory() || isOpen || isForeign) {
    throw new AgentError(
      'bad_config',
      `file_dir ${dir} is not safe: it must be a directory of root or of the agent's user, no link, that others cannot write to`,
    );
  }
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new AgentError('bad_config', `file_dir ${dir}: ${messageOf(error)}`, { cause: error });
  }
}
