import type { Db } from '../db/db.ts';
import { listGroups } from '../db/list-groups.ts';
import { listPrincipals } from '../db/list-principals.ts';

/** What an organization holds, as lines for people. */
export async function describeOrganization(db: Db, org: string, orgId: string): Promise<string> {
  const principals = await listPrincipals(db, orgId);
  const groups = await listGroups(db, orgId);
  const names = (type: 'user' | 'client'): string[] =>
    principals.filter((p) => p.type === type).map(({ name }) => name);
  return [
    `organization ${org} (${orgId})`,
    ...section('users', names('user')),
    ...section('nodes', names('client')),
    ...section(
      'groups',
      groups.map(({ name, users, clients, groups: nested }) =>
        [`${name}:`, ...users, ...clients, ...nested.map((n) => `@${n}`)].join(' '),
      ),
    ),
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return [`${title}${lines.length === 0 ? ': none' : ''}`, ...lines.map((line) => `  ${line}`)];
}
