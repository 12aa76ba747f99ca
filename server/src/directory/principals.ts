import { failure, isFields, type Fields } from './answers.ts';
import { path, type ChefAnswer, type ChefApi } from './chef-api.ts';
import type { FoundPrincipals, Principal } from './directory.ts';

/** chef-zero gives every principal this one, and users a key that is not theirs (MACHINES 4). */
const NO_AUTHZ_ID = '0'.repeat(32);

/**
 * Asks a Chef server's principals endpoint (REFERENCE 5): v1 has a list with one element per key, v0 one such
 * object. Undefined where the endpoint is missing or wrong: then users and clients must be asked.
 */
export async function findByPrincipals(
  api: ChefApi,
  org: string,
  name: string,
): Promise<FoundPrincipals | undefined> {
  const answer = await api.get(path('organizations', org, 'principals', name));
  if (answer.status === 404) return notFound(answer);
  // 405 and 406: no such endpoint, or no such version of it.
  if (answer.status === 405 || answer.status === 406) return undefined;
  if (answer.status !== 200) throw failure(answer, `principal '${name}'`);
  const entries = entriesOf(answer.body);
  if (entries === undefined) return undefined;
  const principals = entries.filter((entry) => entry.member).map((entry) => entry.principal);
  if (principals.length > 0) return { found: 'principals', principals };
  return { found: entries.length === 0 ? 'none' : 'not_member' };
}

/** The Chef server says what is missing; another 404 is not its principals endpoint. */
function notFound({ body }: ChefAnswer): FoundPrincipals | undefined {
  if (!isFields(body)) return undefined;
  if (body['not_found'] === 'org') return { found: 'no_organization' };
  return body['not_found'] === 'principal' ? { found: 'none' } : undefined;
}

interface Entry {
  principal: Principal;
  member: boolean;
}

/** All entries of an answer; undefined as soon as one has another shape, or comes from chef-zero. */
function entriesOf(body: unknown): Entry[] | undefined {
  if (!isFields(body)) return undefined;
  const list: unknown = body['principals'] ?? [body];
  if (!Array.isArray(list)) return undefined;
  const entries = list.map((value: unknown): Entry | undefined => {
    if (!isFields(value) || value['authz_id'] === NO_AUTHZ_ID) return undefined;
    const principal = principalOf(value);
    const member = value['org_member'];
    return principal && typeof member === 'boolean' ? { principal, member } : undefined;
  });
  return entries.every((entry) => entry !== undefined) ? entries : undefined;
}

/** A user or client with its key; undefined for another shape. */
export function principalOf(fields: Fields): Principal | undefined {
  const { name, type, public_key: publicKey } = fields;
  if (typeof name !== 'string' || typeof publicKey !== 'string') return undefined;
  return type === 'user' || type === 'client' ? { name, type, publicKey } : undefined;
}
