import type { Clock } from '../clock.ts';
import { ServerError } from '../errors.ts';
import { findByActors } from './actors.ts';
import { objectOf } from './answers.ts';
import { path, type ChefApi } from './chef-api.ts';
import type { Directory, FoundPrincipals, Group } from './directory.ts';
import { findGroup } from './groups.ts';
import { derivedGuid } from './guid.ts';
import { askInTurn } from './in-turn.ts';
import { findMembership } from './membership.ts';
import { listNodes } from './node-names.ts';
import { findByPrincipals } from './principals.ts';
import { searchNodes } from './search.ts';
import { makeShared } from './shared.ts';

export interface ChefServerDeps {
  api: ChefApi;
  clock: Pick<Clock, 'now'>;
  log: { warn(fields: object, message: string): void };
  /** `chef-zero` has a principals endpoint that is wrong for users: it is not asked. */
  backend: 'chef-server' | 'chef-zero';
  /** Milliseconds that a group's answer is reused; 0 by default (Decision 6). */
  groupReuse: number;
}

/** Milliseconds, Decision 6. */
const PRINCIPAL_REUSE = 5_000;
/** Milliseconds: an organization that is made anew has another guid (H10). */
const ORGANIZATION_REUSE = 60_000;
/** Milliseconds for all groups of one question together; each call has a deadline of its own. */
const MEMBERSHIP_DEADLINE = 30_000;
/** Answers of each kind that are kept. */
const MAX_KEPT = 10_000;

/** The directory of a Chef Infra Server, or of chef-zero. */
export function makeChefServerDirectory(deps: ChefServerDeps): Directory {
  const { api, clock, log, backend } = deps;

  const organizations = makeShared<{ id: string } | undefined>({
    clock,
    reuseMs: ORGANIZATION_REUSE,
    max: MAX_KEPT,
    keeps: (organization) => organization !== undefined,
    load: async (org) => {
      const found = objectOf(await api.get(path('organizations', org)), `organization '${org}'`);
      if (found === undefined) return undefined;
      const guid = found['guid'];
      return { id: typeof guid === 'string' && guid !== '' ? guid : derivedGuid(org) };
    },
  });

  const principals = makeShared<FoundPrincipals>({
    clock,
    reuseMs: PRINCIPAL_REUSE,
    max: MAX_KEPT,
    // Somebody who was made a moment ago must be known at once.
    keeps: ({ found }) => found === 'principals',
    load: async (key) => {
      const [org = '', name = ''] = JSON.parse(key) as string[];
      const known = backend === 'chef-server' ? await findByPrincipals(api, org, name) : undefined;
      return known ?? (await findByActors(api, org, name));
    },
  });

  const groups = makeShared<Group | undefined>({
    clock,
    reuseMs: deps.groupReuse,
    max: MAX_KEPT,
    load: (key) => {
      const [org = '', name = ''] = JSON.parse(key) as string[];
      return findGroup(api, log, org, name);
    },
  });

  const requesters: Pick<Directory, 'organization' | 'principals'> = {
    organization: async (name) => (await organizations.get(name)).value,
    principals: async (org, name, how) => {
      const { value, reused } = await principals.get(JSON.stringify([org, name]), how);
      return { ...value, reused };
    },
  };

  return {
    ...requesters,
    requester: askInTurn(requesters),
    membership: (org, who, group) => {
      const until = clock.now() + MEMBERSHIP_DEADLINE;
      const find = async (name: string): Promise<Group | undefined> => {
        if (clock.now() >= until) throw tooSlow(group);
        return (await groups.get(JSON.stringify([org, name]))).value;
      };
      return findMembership(find, who, group);
    },
    nodes: (org) => listNodes(api, ['organizations', org]),
    search: (org, query) => searchNodes({ api, clock }, ['organizations', org], query),
    close: () => api.close(),
  };
}

function tooSlow(group: string): ServerError {
  return new ServerError(
    'directory_unreachable',
    `the groups in '${group}' take more than ${MEMBERSHIP_DEADLINE / 1000} s`,
  );
}
