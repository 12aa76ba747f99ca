import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { ServerError } from '../errors.ts';
import { objectOf } from './answers.ts';
import { path, type ChefApi } from './chef-api.ts';
import type { Directory, FoundPrincipals, Membership, Who } from './directory.ts';
import { derivedGuid } from './guid.ts';
import { askInTurn } from './in-turn.ts';
import { listNodes } from './node-names.ts';
import { principalOf } from './principals.ts';
import { searchNodes } from './search.ts';
import { makeShared } from './shared.ts';

export interface GoiardiDeps {
  api: ChefApi;
  clock: Pick<Clock, 'now'>;
  /** The name of the one organization that clients use in URLs; goiardi itself knows none. */
  org: string;
}

/** Milliseconds, Decision 6. */
const PRINCIPAL_REUSE = 5_000;
/** Milliseconds between two looks whether goiardi checks signatures. */
const PROBE_REUSE = 60_000;
const MAX_KEPT = 10_000;

/** The directory of a goiardi: no organizations, no groups, its admins are the writers (Decision 17). */
export function makeGoiardiDirectory({ api, clock, org }: GoiardiDeps): Directory {
  const organization = { id: derivedGuid(org) };

  const probe = makeShared<true>({
    clock,
    reuseMs: PROBE_REUSE,
    max: 1,
    load: async () => {
      // Without authentication goiardi answers for every name, and with the admin's key (ADDON E.1).
      const nobody = await api.get(path('principals', randomUUID()));
      if (objectOf(nobody, 'a name that nobody has') !== undefined) throw withoutAuthentication();
      return true;
    },
  });

  const principals = makeShared<FoundPrincipals>({
    clock,
    reuseMs: PRINCIPAL_REUSE,
    max: MAX_KEPT,
    keeps: ({ found }) => found === 'principals',
    load: async (name) => {
      await probe.get('');
      const found = objectOf(await api.get(path('principals', name)), `principal '${name}'`);
      if (found === undefined) return { found: 'none' };
      const principal = principalOf(found);
      if (principal === undefined) {
        throw new ServerError('directory_failed', `goiardi's principal '${name}' has no key`);
      }
      if (principal.name !== name) throw withoutAuthentication();
      return { found: 'principals', principals: [principal] };
    },
  });

  const requesters: Pick<Directory, 'organization' | 'principals'> = {
    organization: (name) => Promise.resolve(name === org ? organization : undefined),
    principals: async (inOrg, name, how) => {
      if (inOrg !== org) return { found: 'no_organization', reused: false };
      const { value, reused } = await principals.get(name, how);
      return { ...value, reused };
    },
  };

  return {
    ...requesters,
    requester: askInTurn(requesters),
    // Readers: everybody. Writers: the admins, as wherever there is no group of writers.
    membership: (_, who, group) =>
      group === 'admins' ? adminship(api, who) : Promise.resolve('no_group'),
    nodes: () => listNodes(api, []),
    search: (_, query) => searchNodes({ api, clock }, [], query),
    close: () => api.close(),
  };
}

async function adminship(api: ChefApi, { name, type }: Who): Promise<Membership> {
  const answer = await api.get(path(`${type}s`, name));
  return objectOf(answer, `${type} '${name}'`)?.['admin'] === true ? 'member' : 'not_member';
}

function withoutAuthentication(): ServerError {
  return new ServerError(
    'directory_failed',
    'this goiardi checks no signatures, so that nobody can be told apart: start it with --use-auth',
  );
}
