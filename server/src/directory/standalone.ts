import type { Directory, Group, Principal } from './directory.ts';
import { findMembership } from './membership.ts';

/** Our own tables, where there is no Chef server. */
export interface DirectoryStore {
  findOrganization(name: string): Promise<{ guid: string } | undefined>;
  findPrincipals(orgId: string, name: string): Promise<readonly Principal[]>;
  /** Names of all clients: whoever may connect as a node. */
  listNodes(orgId: string): Promise<readonly string[]>;
  findGroup(orgId: string, name: string): Promise<Group | undefined>;
}

/** The directory of a server that keeps its principals, keys and groups itself. Nothing is remembered. */
export function makeStandaloneDirectory(store: DirectoryStore): Directory {
  return {
    organization: async (name) => {
      const found = await store.findOrganization(name);
      return found === undefined ? undefined : { id: found.guid };
    },
    principals: async (org, name) => {
      const organization = await store.findOrganization(org);
      if (organization === undefined) return { found: 'no_organization', reused: false };
      const principals = await store.findPrincipals(organization.guid, name);
      return principals.length === 0
        ? { found: 'none', reused: false }
        : { found: 'principals', principals, reused: false };
    },
    membership: async (org, who, group) => {
      const organization = await store.findOrganization(org);
      if (organization === undefined) return 'no_group';
      return findMembership((name) => store.findGroup(organization.guid, name), who, group);
    },
    nodes: async (org) => {
      const organization = await store.findOrganization(org);
      return organization === undefined ? [] : [...(await store.listNodes(organization.guid))];
    },
    search: () =>
      Promise.resolve({
        ok: false,
        reason: 'a search needs a Chef server, and this server has none: name the nodes',
      }),
    close: () => Promise.resolve(),
  };
}
