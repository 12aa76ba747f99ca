import { arrayOf, isFields, objectOf } from './answers.ts';
import { path, type ChefApi } from './chef-api.ts';
import type { FoundPrincipals, Principal } from './directory.ts';

/** Keys of one user or client that are tried at most. */
const MAX_KEYS = 16;

const COLLECTIONS = [
  { type: 'user', collection: 'users' },
  { type: 'client', collection: 'clients' },
] as const;

/** Asks for the keys of an organization's user and client of that name: what every Chef server has (ADDON E.3). */
export async function findByActors(
  api: ChefApi,
  org: string,
  name: string,
): Promise<FoundPrincipals> {
  const found = await Promise.all(
    COLLECTIONS.map(async ({ type, collection }): Promise<Principal[] | undefined> => {
      const keys = await keysOf(api, ['organizations', org, collection, name, 'keys']);
      return keys?.map((publicKey) => ({ name, type, publicKey }));
    }),
  );
  if (found.some((keys) => keys !== undefined)) {
    return { found: 'principals', principals: found.flatMap((keys) => keys ?? []) };
  }
  // A user of the whole server who does not belong to this organization.
  const user = objectOf(await api.get(path('users', name)), `user '${name}'`);
  return { found: user === undefined ? 'none' : 'not_member' };
}

/** All keys that have not expired; undefined when there is no such user or client. */
async function keysOf(api: ChefApi, segments: readonly string[]): Promise<string[] | undefined> {
  const what = `keys of '${segments[3] ?? ''}'`;
  const list = arrayOf(await api.get(path(...segments)), what);
  const valid = list?.filter(isFields).filter((key) => key['expired'] !== true);
  const keys = valid?.slice(0, MAX_KEYS).map(async (key) => {
    const entry = objectOf(await api.get(path(...segments, String(key['name']))), what);
    const publicKey = entry?.['public_key'];
    return typeof publicKey === 'string' ? [publicKey] : [];
  });
  return keys === undefined ? undefined : (await Promise.all(keys)).flat();
}
