import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where long set-up is kept between runs: outside of the tree, per user. */
export function cacheRoot(): string {
  const base = process.env['XDG_CACHE_HOME'];
  return join(base !== undefined && base !== '' ? base : join(homedir(), '.cache'), 'pushy-test');
}

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
): Promise<'made' | 'cached'> {
  if (isCached(dir)) return 'cached';
  await mkdir(cacheRoot(), { recursive: true });
  const release = await takeLock(`${dir}.lock`, timeoutMs);
  try {
    if (isCached(dir)) return 'cached';
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true });
    await fill();
    await writeFile(join(dir, 'complete'), '');
    return 'made';
  } finally {
    await release();
  }
}

/** A lock file that holds the owner's process id, so that a dead owner's lock is taken over. */
async function takeLock(file: string, timeoutMs: number): Promise<() => Promise<void>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = Number(await readFile(file, 'utf8').catch(() => ''));
    if (owner > 0 && !isAlive(owner)) await rm(file, { force: true });
    else if (Date.now() > deadline) {
      throw new Error(`${file} is held by process ${owner} for more than ${timeoutMs} ms`);
    } else await sleep(250);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
