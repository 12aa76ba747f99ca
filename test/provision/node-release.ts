import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runOk } from '../helpers/run.ts';
import { cacheDir, fillOnce } from './cache.ts';

/** The release that packages hold: an LTS that is older than none of our dependencies needs. */
export const SHIPPED_NODE = '24.21.0';
/** Milliseconds: about 5 s were seen, for 50 MB. */
const FETCH_TIMEOUT_MS = 300_000;

/** The path of a released Node for this machine, from the package that carries its official binary. */
export async function nodeRelease(version: string = SHIPPED_NODE): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const dir = cacheDir(name, [version]);
  await fillOnce(dir, FETCH_TIMEOUT_MS, async () => {
    const options = { cwd: dir, timeoutMs: FETCH_TIMEOUT_MS };
    const { stdout } = await runOk('npm', ['pack', '--silent', `${name}@${version}`], options);
    const file = join(dir, stdout.trim());
    await runOk('tar', ['-xzf', file, 'package/bin/node'], options);
    await rm(file);
  });
  return join(dir, 'package/bin/node');
}
