import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ServerError } from './errors.ts';

/** Makes a directory that a setting names, and what is missing above it, for this user alone. */
export async function makeDirectory(setting: string, dir: string): Promise<void> {
  try {
    for (const missing of await missingAbove(dir)) {
      await mkdir(missing, { mode: 0o700 }).catch(existing);
    }
    if (!(await stat(dir)).isDirectory()) throw new Error(`${dir} is no directory`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServerError('start_failed', `${setting}: cannot be used: ${reason}`, { cause });
  }
}

/**
 * The directories that are to be made, the uppermost first. (`mkdir` with `recursive` of Node tries for ever where the
 * parent is there and takes no directories, as in /proc.)
 */
async function missingAbove(dir: string): Promise<string[]> {
  const missing: string[] = [];
  for (let at = dir; !(await isThere(at)); at = dirname(at)) missing.unshift(at);
  return missing;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return false;
    throw cause;
  }
}

/** Somebody else made it meanwhile. */
function existing(cause: unknown): void {
  if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return;
  throw cause;
}
