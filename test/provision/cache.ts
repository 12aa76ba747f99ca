import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether a step had something to do. */
export type Outcome = 'made' | 'cached';

/** A folder in the cache, named for what it holds and a hash of what it is made from. */
export function cacheDir(name: string, madeFrom: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(madeFrom)).digest('hex').slice(0, 16);
  return join(cacheRoot(), `${name}-${hash}`);
}

/** Whether a cached folder was finished. */
export function isCached(dir: string): boolean {
  return existsSync(join(dir, 'complete'));
}

/** Fills a cached folder unless that was done before; two runs at a time wait for one another. */
export async function fillOnce(
  dir: string,
  timeoutMs: number,
  fill: () => Promise<void>,
): Promise<Outcome> {
  if (isCached(dir)) return 'cached';
  return withLock(`${dir}.lock`, timeoutMs, async () => {
    if (isCached(dir)) return 'cached';
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true });
    await fill();
    await writeFile(join(dir, 'complete'), '');
    return 'made';
  });
}

/** A lock file in the cache for work on the machine as a whole. */
export function machineLock(name: string): string {
  return join(cacheRoot(), `${name}.lock`);
}

/** Runs `work` alone; the lock file holds the owner's process id, a dead owner's lock is taken over. */
export async function withLock<T>(
  file: string,
  timeoutMs: number,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(cacheRoot(), { recursive: true });
  const deadline = Date.now() + timeoutMs;
  while (!(await tryLock(file))) {
    const owner = Number(await readFile(file, 'utf8').catch(() => ''));
    if (owner > 0 && !isAlive(owner)) await rm(file, { force: true });
    else if (Date.now() > deadline) {
      throw new Error(`${file} was held by process ${owner} for more than ${timeoutMs} ms`);
    } else await sleep(250);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function tryLock(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(String(process.pid));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function cacheRoot(): string {
  const base = process.env['XDG_CACHE_HOME'];
  return join(base !== undefined && base !== '' ? base : join(homedir(), '.cache'), 'pushy-test');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
