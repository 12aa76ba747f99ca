import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where the programs of a keeper are looked for on Unix: never in a PATH that comes with a job. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** True when there is such a program on this system. */
export function hasProgram(name: string): boolean {
  return SYSTEM_PATH.split(':').some((dir) => existsSync(join(dir, name)));
}
