import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isCode } from './proc.ts';

/**
 * Makes a directory, and those above it that are missing; rejects where that cannot be. Node's own recursive mkdir goes
 * round for ever where a directory is there and nothing can be made in it for ENOENT (/proc).
 */
export async function makeDirectories(dir: string): Promise<void> {
  const missing: string[] = [];
  for (let at = resolve(dir); !(await isDirectory(at)); at = dirname(at)) {
    missing.push(at);
    if (at === dirname(at)) break;
  }
  for (const path of missing.toReversed()) await makeDirectory(path);
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    // Somebody else was first.
    if (!isCode(error, 'EEXIST') || !(await isDirectory(path))) throw error;
  }
}

/** False where there is nothing; rejects for what is no directory. */
async function isDirectory(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
  throw new Error(`${path} is no directory`);
}
