import { randomUUID } from 'node:crypto';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SecretsError } from './secrets-error.ts';

/** Permission bits of the group and of others. */
const OTHERS = 0o077;
/** More than any bundle, bytes. */
const MAX_BYTES = 65_536;

/**
 * Reads the file of the secrets; undefined when there is none. Refuses one that somebody else may read or that
 * is not a plain file of a plausible size.
 */
export async function readBundleFile(path: string): Promise<Buffer | undefined> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw unreadable(path, error);
  });
  if (file === undefined) return undefined;
  try {
    const { mode, size } = await file.stat();
    if ((mode & OTHERS) !== 0) {
      throw new SecretsError(
        'exposed',
        `${path} holds the server's secrets and may be used by others (mode ${(mode & 0o777).toString(8)}). ` +
          `Make it private: chmod 600 ${path}. Who could read it may know the keys.`,
      );
    }
    if (size > MAX_BYTES) return Buffer.alloc(0);
    return await file.readFile();
  } catch (error) {
    throw error instanceof SecretsError ? error : unreadable(path, error);
  } finally {
    await file.close();
  }
}

/** Writes the file whole or not at all; leaves one alone that another process has made meanwhile. */
export function createBundleFile(path: string, text: Buffer): Promise<void> {
  return write(path, text, (draft) =>
    // Unlike a rename, a link does not replace what is there.
    link(draft, path).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }),
  );
}

/** Puts the text in the place of the file, whole or not at all. */
export function replaceBundleFile(path: string, text: Buffer): Promise<void> {
  return write(path, text, (draft) => rename(draft, path));
}

async function write(
  path: string,
  text: Buffer,
  publish: (draft: string) => Promise<void>,
): Promise<void> {
  const dir = dirname(path);
  const draft = `${path}.${randomUUID()}`;
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await publish(draft);
    await syncDirectory(dir);
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await rm(draft, { force: true });
  }
}

/** The name in the directory is durable only after this. */
async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unreadable(path: string, cause: unknown): SecretsError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SecretsError('unreadable', `The server's secrets in ${path}: ${reason}`, cause);
}
