import { failure, isFields } from './answers.ts';
import { path, type ChefApi } from './chef-api.ts';
import type { Group } from './directory.ts';

interface Log {
  warn(fields: object, message: string): void;
}

const NOBODY: Group = { users: [], clients: [], groups: [] };

/**
 * One group of a Chef server; undefined when there is none. A 5xx counts as a group without members, every other
 * refusal is a failure (REFERENCE 6).
 */
export async function findGroup(
  api: ChefApi,
  log: Log,
  org: string,
  name: string,
): Promise<Group | undefined> {
  const answer = await api.get(path('organizations', org, 'groups', name));
  if (answer.status === 404) return undefined;
  if (answer.status >= 500) {
    log.warn({ org, group: name, status: answer.status }, 'the Chef server failed to show a group');
    return NOBODY;
  }
  const { body } = answer;
  if (answer.status !== 200 || !isFields(body)) throw failure(answer, `group '${name}'`);
  const names = (key: keyof Group): string[] => {
    const value: unknown = body[key];
    if (!Array.isArray(value)) throw failure(answer, `group '${name}'`);
    return value.filter((n) => typeof n === 'string');
  };
  return { users: names('users'), clients: names('clients'), groups: names('groups') };
}
