import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The directory of the newest PostgreSQL's programs as Debian lays them out; undefined without one. */
export function postgresBin(): string | undefined {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return undefined;
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return versions.map((v) => join(root, v, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}
