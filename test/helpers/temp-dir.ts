import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a directory of the test's own; the second answer removes it with all that is in it. */
export async function makeTempDir(): Promise<[dir: string, remove: () => Promise<void>]> {
  const dir = await mkdtemp(join(tmpdir(), 'pushy-test-'));
  return [dir, () => rm(dir, { recursive: true, force: true, maxRetries: 10 })];
}
