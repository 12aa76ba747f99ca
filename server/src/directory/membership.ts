import { ServerError } from '../errors.ts';
import type { Group, Membership, Who } from './directory.ts';

/** Groups that one question looks into at most. */
const MAX_GROUPS = 1000;

/**
 * Searches a group and the groups in it, depth first (REFERENCE 6). No group is looked into twice, so that
 * circles end (S9); a group in a group that does not exist has no members.
 */
export async function findMembership(
  find: (group: string) => Promise<Group | undefined>,
  who: Who,
  top: string,
): Promise<Membership> {
  const visited = new Set([top]);
  const first = await find(top);
  if (first === undefined) return 'no_group';
  const open: Group[] = [first];
  for (let group = open.pop(); group !== undefined; group = open.pop()) {
    const names = who.type === 'user' ? group.users : group.clients;
    if (names.includes(who.name)) return 'member';
    const next = await unvisited(group, visited, find);
    // The first of a group's groups is looked into first.
    open.push(...next.reverse());
  }
  return 'not_member';
}

async function unvisited(
  group: Group,
  visited: Set<string>,
  find: (group: string) => Promise<Group | undefined>,
): Promise<Group[]> {
  const found: Group[] = [];
  for (const name of group.groups) {
    if (visited.has(name)) continue;
    visited.add(name);
    if (visited.size > MAX_GROUPS) {
      throw new ServerError('directory_failed', `more than ${MAX_GROUPS} groups are nested`);
    }
    const nested = await find(name);
    if (nested !== undefined) found.push(nested);
  }
  return found;
}
