import assert from 'node:assert/strict';
import { addGroup } from '../../../../server/src/db/add-group.ts';
import { addGroupMember } from '../../../../server/src/db/add-group-member.ts';
import { addOrganization } from '../../../../server/src/db/add-organization.ts';
import { addPrincipal } from '../../../../server/src/db/add-principal.ts';
import { findGroup } from '../../../../server/src/db/find-group.ts';
import { findOrganization } from '../../../../server/src/db/find-organization.ts';
import { findPrincipals } from '../../../../server/src/db/find-principals.ts';
import { findRequesters } from '../../../../server/src/db/find-requesters.ts';
import { listOrganizations } from '../../../../server/src/db/list-organizations.ts';
import { listPrincipals } from '../../../../server/src/db/list-principals.ts';
import { removeGroupMember } from '../../../../server/src/db/remove-group-member.ts';
import { removePrincipal } from '../../../../server/src/db/remove-principal.ts';
import { onBothEngines } from '../../../helpers/engines.ts';
import { ORG_ID } from '../../../helpers/jobs.ts';

onBothEngines("the standalone directory's tables", (db) => {
  const acme = { name: 'acme', guid: ORG_ID };
  const user = { orgId: ORG_ID, name: 'ada', type: 'user', publicKey: 'PEM u' } as const;
  const client = { orgId: ORG_ID, name: 'ada', type: 'client', publicKey: 'PEM c' } as const;
  const member = { orgId: ORG_ID, group: 'writers', name: 'ada', type: 'user' } as const;
  beforeEach(() => addOrganization(db(), acme));

  it('adds an organization once, by name and by guid', async () => {
    assert.equal(await addOrganization(db(), { name: 'acme', guid: '1' }), false);
    assert.equal(await addOrganization(db(), { name: 'other', guid: ORG_ID }), false);
    assert.equal(await addOrganization(db(), { name: 'Acme', guid: '2' }), true);
    assert.deepEqual(await findOrganization(db(), 'acme'), { guid: ORG_ID });
    assert.deepEqual(await findOrganization(db(), 'Acme'), { guid: '2' });
    assert.equal(await findOrganization(db(), 'none'), undefined);
    assert.equal(await findOrganization(db(), 'a\0'), undefined);
    assert.equal((await listOrganizations(db())).length, 2);
  });

  it('keeps a user and a client of the same name apart, the client first', async () => {
    assert.equal(await addPrincipal(db(), user), true);
    assert.equal(await addPrincipal(db(), client), true);
    assert.equal(await addPrincipal(db(), { ...client, publicKey: 'other' }), false);
    const found = [
      { name: 'ada', type: 'client', publicKey: 'PEM c' },
      { name: 'ada', type: 'user', publicKey: 'PEM u' },
    ];
    assert.deepEqual(await findPrincipals(db(), ORG_ID, 'ada'), found);
    assert.deepEqual(await listPrincipals(db(), ORG_ID), found);
    assert.deepEqual(await findPrincipals(db(), 'other', 'ada'), []);
    assert.deepEqual(await findPrincipals(db(), ORG_ID, 'a\0'), []);
  });

  it('removes a principal from its groups as well, and only the one of its type', async () => {
    await addPrincipal(db(), user);
    await addPrincipal(db(), client);
    await addGroup(db(), { orgId: ORG_ID, name: 'writers' });
    await addGroupMember(db(), member);
    await addGroupMember(db(), { ...member, type: 'client' });
    assert.equal(await removePrincipal(db(), user), true);
    assert.equal(await removePrincipal(db(), user), false);
    assert.deepEqual(await findGroup(db(), ORG_ID, 'writers'), {
      users: [],
      clients: ['ada'],
      groups: [],
    });
    assert.deepEqual((await listPrincipals(db(), ORG_ID)).length, 1);
  });

  it('has groups with users, clients and groups', async () => {
    assert.equal(await addGroup(db(), { orgId: ORG_ID, name: 'writers' }), true);
    assert.equal(await addGroup(db(), { orgId: ORG_ID, name: 'writers' }), false);
    assert.equal(await addGroupMember(db(), member), true);
    assert.equal(await addGroupMember(db(), member), false);
    await addGroupMember(db(), { ...member, name: 'aaa' });
    await addGroupMember(db(), { ...member, name: 'web1', type: 'client' });
    await addGroupMember(db(), { ...member, name: 'admins', type: 'group' });
    assert.deepEqual(await findGroup(db(), ORG_ID, 'writers'), {
      users: ['aaa', 'ada'],
      clients: ['web1'],
      groups: ['admins'],
    });
    assert.equal(await removeGroupMember(db(), member), true);
    assert.equal(await removeGroupMember(db(), member), false);
    assert.deepEqual((await findGroup(db(), ORG_ID, 'writers'))?.users, ['aaa']);
    assert.equal(await findGroup(db(), ORG_ID, 'none'), undefined);
    assert.equal(await findGroup(db(), 'other', 'writers'), undefined);
    assert.equal(await findGroup(db(), ORG_ID, 'a\0'), undefined);
  });

  it('refuses a member of a group that does not exist', async () => {
    await assert.rejects(addGroupMember(db(), { ...member, group: 'none' }), { code: 'failed' });
  });

  it('finds those who ask with their keys and groups in one look, in their order', async () => {
    const ask = (...asked: [org: string, name: string][]) =>
      findRequesters(
        db(),
        asked.map(([org, name]) => ({ org, name })),
        ['readers', 'writers', 'admins'],
      );
    await addOrganization(db(), { name: 'other', guid: '2' });
    await addPrincipal(db(), user);
    await addPrincipal(db(), client);
    await addPrincipal(db(), { ...user, orgId: '2' });
    for (const name of ['writers', 'admins', 'ops']) {
      await addGroup(db(), { orgId: ORG_ID, name });
      await addGroup(db(), { orgId: '2', name });
    }
    await addGroupMember(db(), member);
    // A circle, with somebody in its midst (S9).
    const within = { orgId: ORG_ID, type: 'group' } as const;
    await addGroupMember(db(), { ...within, group: 'admins', name: 'ops' });
    await addGroupMember(db(), { ...within, group: 'ops', name: 'admins' });
    await addGroupMember(db(), { ...within, group: 'ops', name: 'nowhere' });
    await addGroupMember(db(), { ...member, group: 'ops', type: 'client' });
    const found = await ask(
      ['other', 'ada'],
      ['none', 'ada'],
      ['acme', 'ada'],
      ['acme', 'bob'],
      ['acme', 'ada'],
      ['acme', 'a\0'],
      ['a\0', 'ada'],
    );
    const groups = { readers: 'no_group', writers: 'not_member', admins: 'not_member' } as const;
    const both = {
      guid: ORG_ID,
      principals: [
        {
          name: 'ada',
          type: 'client',
          publicKey: 'PEM c',
          memberships: { ...groups, admins: 'member' },
        },
        {
          name: 'ada',
          type: 'user',
          publicKey: 'PEM u',
          memberships: { ...groups, writers: 'member' },
        },
      ],
    } as const;
    const unknown = { guid: undefined, principals: [] };
    const nobody = { guid: ORG_ID, principals: [] };
    const inOther = { name: 'ada', type: 'user', publicKey: 'PEM u', memberships: groups } as const;
    assert.deepEqual(found, [
      { guid: '2', principals: [inOther] },
      unknown,
      both,
      nobody,
      both,
      nobody,
      unknown,
    ]);
    assert.deepEqual(await ask(), []);
  });
});
