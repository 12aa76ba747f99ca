import type { Directory, PrincipalLookup } from './directory.ts';

/** A directory that says in passing what it has learned. */
export interface WatchedDirectory extends Directory {
  /** An organization's name, once somebody has asked for it. */
  nameOf(orgId: string): string | undefined;
}

/** Organizations that are remembered. */
const MAX_REMEMBERED = 10_000;

/** True when somebody may act for a node of this name. */
export function hasClient(lookup: PrincipalLookup): boolean {
  return (
    lookup.found === 'principals' &&
    lookup.principals.some((principal) => principal.type === 'client')
  );
}

/** `noClient` hears of each name of which a fresh answer says that no client of that organization has it. */
export function makeWatchedDirectory<D extends Directory>(
  directory: D,
  noClient: (orgId: string, name: string) => void,
): D & WatchedDirectory {
  const ids = new Map<string, string>();
  const names = new Map<string, string>();

  const remember = (name: string, id: string): void => {
    ids.set(name, id);
    names.set(id, name);
    const [oldest] = ids.keys();
    if (ids.size <= MAX_REMEMBERED || oldest === undefined) return;
    names.delete(ids.get(oldest) ?? '');
    ids.delete(oldest);
  };

  const hear = (org: string, name: string, lookup: PrincipalLookup): void => {
    const orgId = ids.get(org);
    if (orgId !== undefined && !lookup.reused && !hasClient(lookup)) noClient(orgId, name);
  };

  return {
    ...directory,
    organization: async (name) => {
      const found = await directory.organization(name);
      if (found !== undefined) remember(name, found.id);
      return found;
    },
    principals: async (org, name, how) => {
      const lookup = await directory.principals(org, name, how);
      hear(org, name, lookup);
      return lookup;
    },
    requester: async (org, name, how) => {
      const requester = await directory.requester(org, name, how);
      if (requester.found !== 'no_organization') remember(org, requester.orgId);
      hear(org, name, requester);
      return requester;
    },
    nameOf: (orgId) => names.get(orgId),
  };
}
