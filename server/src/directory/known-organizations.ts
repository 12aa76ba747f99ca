import type { Directory } from './directory.ts';

/** From an organization's name to its id, for messages of nodes: each names its organization. */
export interface KnownOrganizations {
  /** What is remembered; asked for every message. */
  known(name: string): string | undefined;
  /** Asks the directory. */
  resolve(name: string): Promise<string | undefined>;
}

/** What the memory of organizations needs. */
export interface KnownOrganizationsDeps {
  directory: Pick<Directory, 'organization'>;
  clock: { now(): number };
  log: { warn(fields: object, message: string): void };
}

/** Milliseconds: an organization that is made anew has another id (H10). */
const REMEMBERED = 60_000;
/** Milliseconds after which the directory is asked again when it failed. */
const RETRY = 5_000;
const MAX_REMEMBERED = 10_000;
/** Names that are asked for again at the same time. */
const MAX_RENEWING = 32;

interface Entry {
  readonly id: string;
  until: number;
}

/**
 * Remembers organizations that exist, for a minute; then asks again, while nobody waits: what nodes report meanwhile,
 * or while the directory is away, is not lost (Decision 2). A name that nothing was heard of for two minutes is asked
 * for first.
 */
export function makeKnownOrganizations(deps: KnownOrganizationsDeps): KnownOrganizations {
  const { directory, clock, log } = deps;
  const remembered = new Map<string, Entry>();
  const renewing = new Set<string>();

  async function ask(name: string): Promise<string | undefined> {
    const found = await directory.organization(name);
    remembered.delete(name);
    if (found === undefined) return undefined;
    remembered.set(name, { id: found.id, until: clock.now() + REMEMBERED });
    const [oldest] = remembered.keys();
    if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    return found.id;
  }

  /** The answer of the directory, or what it said last when it fails. */
  async function askOrRecall(name: string): Promise<string | undefined> {
    try {
      return await ask(name);
    } catch (error) {
      const entry = remembered.get(name);
      if (entry === undefined) throw error;
      log.warn({ err: error, org: name }, 'the organization could not be looked up again');
      entry.until = clock.now() + RETRY;
      return entry.id;
    }
  }

  function renew(name: string): void {
    if (renewing.has(name) || renewing.size >= MAX_RENEWING) return;
    renewing.add(name);
    const done = (): void => {
      renewing.delete(name);
    };
    askOrRecall(name).then(done, done);
  }

  return {
    known: (name) => {
      const entry = remembered.get(name);
      if (entry === undefined) return undefined;
      const late = clock.now() - entry.until;
      if (late >= REMEMBERED) return undefined;
      if (late >= 0) renew(name);
      return entry.id;
    },
    resolve: askOrRecall,
  };
}
