import type { Directory } from './directory.ts';

/** From an organization's name to its id, for messages of nodes: each names its organization. */
export interface KnownOrganizations {
  /** What is remembered; asked for every message. */
  known(name: string): string | undefined;
  /** Asks the directory. */
  resolve(name: string): Promise<string | undefined>;
}

/** Milliseconds: an organization that is made anew has another id (H10). */
const REMEMBERED = 60_000;
const MAX_REMEMBERED = 10_000;

/** Remembers organizations that exist, for a minute. */
export function makeKnownOrganizations(
  directory: Pick<Directory, 'organization'>,
  clock: { now(): number },
): KnownOrganizations {
  const remembered = new Map<string, { id: string; until: number }>();
  return {
    known: (name) => {
      const entry = remembered.get(name);
      return entry !== undefined && clock.now() < entry.until ? entry.id : undefined;
    },
    resolve: async (name) => {
      const found = await directory.organization(name);
      remembered.delete(name);
      if (found === undefined) return undefined;
      remembered.set(name, { id: found.id, until: clock.now() + REMEMBERED });
      const [oldest] = remembered.keys();
      if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
      return found.id;
    },
  };
}
