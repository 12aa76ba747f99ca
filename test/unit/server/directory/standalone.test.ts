import assert from 'node:assert/strict';
import type { Group } from '../../../../server/src/directory/directory.ts';
import { makeStandaloneDirectory } from '../../../../server/src/directory/standalone.ts';

const group = (members: Partial<Group>): Group => ({
  users: [],
  clients: [],
  groups: [],
  ...members,
});

describe('the directory of a server without a Chef server', () => {
  const groups = new Map<string, Group>([
    ['admins', group({ groups: ['ops'] })],
    ['ops', group({ users: ['alice'], groups: ['admins'] })],
  ]);
  const directory = makeStandaloneDirectory({
    findOrganization: (name) => Promise.resolve(name === 'acme' ? { guid: 'g' } : undefined),
    findPrincipals: (orgId, name) =>
      Promise.resolve(
        orgId === 'g' && name === 'alice' ? [{ name, type: 'user', publicKey: 'PEM' }] : [],
      ),
    listNodes: (orgId) => Promise.resolve(orgId === 'g' ? ['web1', 'web2'] : []),
    findGroup: (orgId, name) => Promise.resolve(orgId === 'g' ? groups.get(name) : undefined),
  });

  it('answers from our own tables', async () => {
    assert.deepEqual(await directory.organization('acme'), { id: 'g' });
    assert.equal(await directory.organization('nope'), undefined);
    assert.deepEqual(await directory.principals('acme', 'alice'), {
      found: 'principals',
      principals: [{ name: 'alice', type: 'user', publicKey: 'PEM' }],
      reused: false,
    });
    assert.equal((await directory.principals('acme', 'bob')).found, 'none');
    assert.equal((await directory.principals('nope', 'alice')).found, 'no_organization');
    await directory.close();
  });

  it('knows its nodes, and cannot search', async () => {
    assert.deepEqual(await directory.nodes('acme'), ['web1', 'web2']);
    assert.deepEqual(await directory.nodes('nope'), []);
    assert.deepEqual(await directory.search('acme', 'name:*'), {
      ok: false,
      reason: 'a search needs a Chef server, and this server has none: name the nodes',
    });
  });

  it('searches groups in groups, circles as well (S9)', async () => {
    const alice = { name: 'alice', type: 'user' } as const;
    assert.equal(await directory.membership('acme', alice, 'admins'), 'member');
    assert.equal(
      await directory.membership('acme', { ...alice, type: 'client' }, 'admins'),
      'not_member',
    );
    assert.equal(await directory.membership('acme', alice, 'none'), 'no_group');
    assert.equal(await directory.membership('nope', alice, 'admins'), 'no_group');
  });
});
