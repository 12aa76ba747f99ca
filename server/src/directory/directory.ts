/** Who is who: the port that a Chef server and our own tables both fill. Failures are ServerErrors. */
export interface Directory {
  /** Undefined: no such organization. */
  organization(name: string): Promise<Organization | undefined>;
  /** `fresh` asks again even when an answer of a moment ago is at hand (Decision 6). */
  principals(org: string, name: string, how?: { fresh: boolean }): Promise<PrincipalLookup>;
  /** Both for whoever sends a request, in as few questions as they take. */
  requester(org: string, name: string, how?: { fresh: boolean }): Promise<Requester>;
  /** Nested groups count (REFERENCE 6). */
  membership(org: string, who: Who, group: string): Promise<Membership>;
  /** Names of the organization's nodes, whether they were ever heard or not. */
  nodes(org: string): Promise<string[]>;
  /** Names of the nodes that a query of the Chef server finds (Decision 13). */
  search(org: string, query: string): Promise<Found>;
  close(): Promise<void>;
}

/** What a search found; a reason, for people, where the query cannot be answered. */
export type Found = { ok: true; nodes: string[] } | { ok: false; reason: string };

export interface Organization {
  /** The guid, 32 hex characters. */
  id: string;
}

/** A user or client with one of its keys: several elements may have the same name and type (REFERENCE 5). */
export interface Principal {
  name: string;
  type: 'user' | 'client';
  /** PKCS#1, SPKI or X.509, PEM. */
  publicKey: string;
  /** Answers about groups that came with the principal: `membership` does not ask for them again. */
  memberships?: Readonly<Record<string, Membership>>;
}

export type Who = Pick<Principal, 'name' | 'type' | 'memberships'>;

/** `reused`: the answer was asked for by somebody else, at most five seconds ago. */
export type PrincipalLookup = FoundPrincipals & { reused: boolean };
export type FoundPrincipals =
  | { found: 'principals'; principals: readonly Principal[] }
  | { found: 'none' | 'not_member' }
  | { found: 'no_organization' };

/** A principal of an organization, and that organization's id. */
export type Requester = { reused: boolean } & (
  | { found: 'no_organization' }
  | ({ orgId: string } & Exclude<FoundPrincipals, { found: 'no_organization' }>)
);

export type Membership = 'member' | 'not_member' | 'no_group';

/** The members of a group, by name. */
export interface Group {
  users: readonly string[];
  clients: readonly string[];
  /** Groups of the same organization, whose members count as well. */
  groups: readonly string[];
}
