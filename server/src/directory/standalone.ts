import { makeBatched } from './batched.ts';
import type { Directory, Group, Principal } from './directory.ts';
import { findMembership } from './membership.ts';

/** Our own tables, where there is no Chef server. */
export interface DirectoryStore {
  findOrganization(name: string): Promise<{ guid: string } | undefined>;
  findPrincipals(orgId: string, name: string): Promise<readonly Principal[]>;
  /** Names of all clients: whoever may connect as a node. */
  listNodes(orgId: string): Promise<readonly string[]>;
  findGroup(orgId: string, name: string): Promise<Group | undefined>;
  /** Those who ask, with their places in these groups; in their order, all of one moment. */
  findRequesters(
    asked: readonly Asking[],
    groups: readonly string[],
  ): Promise<readonly { guid: string | undefined; principals: readonly Principal[] }[]>;
}

interface Asking {
  org: string;
  name: string;
}

/** What requests are judged by (REFERENCE 6). */
const GROUPS = ['pushy_job_readers', 'pushy_job_writers', 'admins'];
/** Requesters of one look: requests are let in as many at a time. */
const MAX_LOOK = 64;
const LOOKS_AT_ONCE = 2;

/**
 * The directory of a server that keeps its principals, keys and groups itself. Nothing is remembered, so that a
 * change counts at once, whoever made it; requesters who come together are looked for together.
 */
export function makeStandaloneDirectory(store: DirectoryStore): Directory {
  const look = makeBatched({
    keyOf: ({ org, name }: Asking) => JSON.stringify([org, name]),
    ask: (asked) => store.findRequesters(asked, GROUPS),
    max: MAX_LOOK,
    atOnce: LOOKS_AT_ONCE,
  });
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
    requester: async (org, name) => {
      const { guid: orgId, principals } = await look({ org, name });
      if (orgId === undefined) return { found: 'no_organization', reused: false };
      return principals.length === 0
        ? { found: 'none', orgId, reused: false }
        : { found: 'principals', principals, orgId, reused: false };
    },
    membership: async (org, who, group) => {
      const known = who.memberships?.[group];
      if (known !== undefined) return known;
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
