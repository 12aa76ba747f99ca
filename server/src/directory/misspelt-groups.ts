import type { Directory, Who } from './directory.ts';

/** The groups that count, each with the spelling of the old documentation, which counts for nothing. */
const TWINS: Readonly<Record<string, string>> = {
  pushy_job_readers: 'push_job_readers',
  pushy_job_writers: 'push_job_writers',
};

/** Milliseconds between two looks at the same group, and between two warnings of it. */
const EVERY = 3_600_000;
const MAX_KEPT = 10_000;

export interface MisspeltGroupsDeps {
  clock: { now(): number };
  log: {
    debug(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

/** A directory that warns of groups under the wrong name. */
export interface GroupWatchingDirectory extends Directory {
  /** How many such groups are known now, over all organizations. */
  misspeltGroups(): number;
}

/**
 * Looks for a group `push_job_…` wherever its twin `pushy_job_…` is missing: the organization believes that it is
 * protected and is not. Nobody waits for the look, and it changes no answer.
 */
export function watchGroupNames(
  directory: Directory,
  { clock, log }: MisspeltGroupsDeps,
): GroupWatchingDirectory {
  /** By organization and group: when it was looked for, and whether it is there. */
  const looked = new Map<string, { at: number; misspelt: boolean }>();

  async function look(org: string, who: Who, group: string, twin: string): Promise<void> {
    const key = JSON.stringify([org, group]);
    const known = looked.get(key);
    if (known !== undefined && clock.now() < known.at + EVERY) return;
    const entry = { at: clock.now(), misspelt: known?.misspelt ?? false };
    looked.delete(key); // the newest stands last
    looked.set(key, entry);
    const [oldest] = looked.keys();
    if (looked.size > MAX_KEPT && oldest !== undefined) looked.delete(oldest);
    try {
      entry.misspelt = (await directory.membership(org, who, twin)) !== 'no_group';
    } catch (error) {
      log.debug({ err: error, org, group: twin }, 'could not look for a misspelt group');
      return;
    }
    if (!entry.misspelt) return;
    log.warn(
      { org, group: twin, expected: group },
      'a group has the name of the old documentation: it protects nothing, rename it',
    );
  }

  return {
    ...directory,
    membership: async (org, who, group) => {
      const membership = await directory.membership(org, who, group);
      const twin = TWINS[group];
      if (twin === undefined) return membership;
      if (membership === 'no_group') void look(org, who, group, twin);
      else looked.delete(JSON.stringify([org, group]));
      return membership;
    },
    misspeltGroups: () => [...looked.values()].filter(({ misspelt }) => misspelt).length,
  };
}
