import { randomBytes } from 'node:crypto';
import { addGroupMember, type GroupMember } from '../db/add-group-member.ts';
import { addGroup } from '../db/add-group.ts';
import { addOrganization } from '../db/add-organization.ts';
import { addPrincipal } from '../db/add-principal.ts';
import type { Db } from '../db/db.ts';
import { findGroup } from '../db/find-group.ts';
import { findOrganization } from '../db/find-organization.ts';
import { findPrincipals } from '../db/find-principals.ts';
import { removeAdmissions } from '../db/remove-admissions.ts';
import { removeGroupMember } from '../db/remove-group-member.ts';
import { removePrincipal } from '../db/remove-principal.ts';
import { describeOrganization } from './describe.ts';
import type { DirectoryOperation, Outcome } from './operations.ts';

/** The group whose members write where there is no group of writers (REFERENCE 6). */
const ADMINS = 'admins';

type InOrganization = Exclude<DirectoryOperation, { do: 'org-add' }>;
type MemberOperation = Extract<DirectoryOperation, { do: 'member-add' | 'member-remove' }>;

/** Hears of a node whose removal is durable. */
export type NodeRemoved = (orgId: string, node: string) => Promise<void>;

/** Carries out one operation on our own directory, all or nothing. */
export async function perform(
  db: Db,
  operation: DirectoryOperation,
  nodeRemoved?: NodeRemoved,
): Promise<Outcome> {
  let orgId: string | undefined;
  const outcome = await db.tx(async (tx) => {
    if (operation.do === 'org-add') return addOrg(tx, operation.org);
    const organization = await findOrganization(tx, operation.org);
    if (organization === undefined) {
      return no(`There is no organization '${operation.org}': make it with org-add.`);
    }
    orgId = organization.guid;
    return within(tx, orgId, operation);
  });
  const gone = operation.do === 'principal-remove' && operation.type === 'client' && outcome.ok;
  if (gone && orgId !== undefined) await nodeRemoved?.(orgId, operation.name);
  return outcome;
}

async function addOrg(db: Db, org: string): Promise<Outcome> {
  const guid = randomBytes(16).toString('hex');
  if (!(await addOrganization(db, { name: org, guid }))) {
    return no(`The organization '${org}' exists already.`);
  }
  await addGroup(db, { orgId: guid, name: ADMINS });
  return yes(`Added organization '${org}'.`);
}

async function within(db: Db, orgId: string, operation: InOrganization): Promise<Outcome> {
  const { org } = operation;
  switch (operation.do) {
    case 'principal-add': {
      const { name, type, publicKey, admin } = operation;
      if (!(await addPrincipal(db, { orgId, name, type, publicKey }))) {
        return no(`The ${wordFor(type)} '${name}' exists already in '${org}'.`);
      }
      if (admin) {
        await addGroup(db, { orgId, name: ADMINS });
        await addGroupMember(db, { orgId, group: ADMINS, name, type });
      }
      return yes(`Added ${admin ? 'admin' : wordFor(type)} '${name}' to '${org}'.`);
    }
    case 'principal-remove': {
      const { name, type } = operation;
      if (!(await removePrincipal(db, { orgId, name, type }))) {
        return no(`There is no ${wordFor(type)} '${name}' in '${org}'.`);
      }
      // Decision 12: also where no server runs that could forget them and the session key.
      if (type === 'client') await removeAdmissions(db, orgId, name);
      return yes(`Removed ${wordFor(type)} '${name}' from '${org}'.`);
    }
    case 'group-add':
      return (await addGroup(db, { orgId, name: operation.group }))
        ? yes(`Added group '${operation.group}' to '${org}'.${consequence(operation.group)}`)
        : no(`The group '${operation.group}' exists already in '${org}'.`);
    case 'member-add':
    case 'member-remove':
      return changeMember(db, orgId, operation);
    case 'list':
      return yes(await describeOrganization(db, org, orgId));
  }
}

async function changeMember(db: Db, orgId: string, operation: MemberOperation): Promise<Outcome> {
  const { org, group, name } = operation;
  const members = await findGroup(db, orgId, group);
  if (members === undefined) {
    return no(`There is no group '${group}' in '${org}': make it with group-add.`);
  }
  const adding = operation.do === 'member-add';
  const candidates: GroupMember['type'][] = adding
    ? await typesOf(db, orgId, name)
    : (['user', 'client', 'group'] as const).filter((t) => members[`${t}s`].includes(name));
  const types = candidates.filter((t) => t === (operation.type ?? t));
  const [type] = types;
  if (type === undefined) {
    return no(
      adding
        ? `There is no user, node or group '${name}' in '${org}'.`
        : `'${name}' is no member of '${group}'.`,
    );
  }
  if (types.length > 1) {
    return no(`'${name}' is ${types.map(wordFor).join(' and ')}: say which with --type.`);
  }
  const change = adding ? addGroupMember : removeGroupMember;
  if (!(await change(db, { orgId, group, name, type }))) {
    return no(`The ${wordFor(type)} '${name}' is a member of '${group}' already.`);
  }
  return yes(
    adding
      ? `Added ${wordFor(type)} '${name}' to group '${group}'.`
      : `Removed ${wordFor(type)} '${name}' from group '${group}'.`,
  );
}

async function typesOf(db: Db, orgId: string, name: string): Promise<GroupMember['type'][]> {
  const principals = await findPrincipals(db, orgId, name);
  const group = await findGroup(db, orgId, name);
  return [
    ...principals.map(({ type }) => type),
    ...(group === undefined ? [] : ['group' as const]),
  ];
}

/** What the empty group of that name changes at once, for the admins too (REFERENCE 6). */
function consequence(group: string): string {
  const what = { pushy_job_readers: 'look at', pushy_job_writers: 'start' }[group];
  if (what === undefined) return '';
  return ` From now on only its members may ${what} jobs: add them with member-add.`;
}

/** People call the client of a node a node. */
function wordFor(type: GroupMember['type']): string {
  return type === 'client' ? 'node' : type;
}

function yes(message: string): Outcome {
  return { ok: true, message };
}
function no(message: string): Outcome {
  return { ok: false, message };
}
