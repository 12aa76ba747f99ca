import type { Directory, Requester } from './directory.ts';

/** The requester of a directory that is asked for one thing after the other. */
export function askInTurn({
  organization,
  principals,
}: Pick<Directory, 'organization' | 'principals'>): Directory['requester'] {
  return async (org, name, how): Promise<Requester> => {
    const found = await organization(org);
    if (found === undefined) return { found: 'no_organization', reused: false };
    const lookup = await principals(org, name, how);
    return lookup.found === 'no_organization' ? lookup : { ...lookup, orgId: found.id };
  };
}
