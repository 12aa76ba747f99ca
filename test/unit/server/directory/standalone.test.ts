import assert from 'node:assert/strict';
import type { Group, Membership } from '../../../../server/src/directory/directory.ts';
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
    findRequesters: (asked, of) => {
      looks.push(asked.map(({ name }) => name));
      return Promise.resolve(
        asked.map(({ org, name }) => ({
          guid: org === 'acme' ? 'g' : undefined,
          principals:
            org === 'acme' && name === 'alice'
              ? [{ name, type: 'user', publicKey: 'PEM', memberships: membershipsIn(of) }]
              : [],
        })),
      );
    },
  });
  const looks: string[][] = [];
  const membershipsIn = (of: readonly string[]): Record<string, Membership> =>
    Object.fromEntries(of.map((name) => [name, name === 'admins' ? 'member' : 'no_group']));

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

  it('looks for a requester and for his groups at once, and asks about these no more', async () => {
    const requester = await directory.requester('acme', 'alice');
    assert.ok(requester.found === 'principals');
    assert.equal(requester.orgId, 'g');
    const [alice] = requester.principals;
    assert.ok(alice !== undefined);
    groups.delete('admins');
    assert.equal(await directory.membership('acme', alice, 'admins'), 'member');
    assert.equal(await directory.membership('acme', alice, 'pushy_job_writers'), 'no_group');
    assert.equal(
      await directory.membership('acme', alice, 'ops'),
      'member',
      'a group of another kind',
    );
    const nobody = { found: 'none', orgId: 'g', reused: false };
    assert.deepEqual(await directory.requester('acme', 'bob'), nobody);
    assert.equal((await directory.requester('nope', 'alice')).found, 'no_organization');
  });

  it('looks for those together who come together, and for nobody before he comes', async () => {
    looks.length = 0;
    const names = ['a', 'b', 'c', 'd', 'c'];
    await Promise.all(names.map((name) => directory.requester('acme', name)));
    await directory.requester('acme', 'a');
    assert.deepEqual(looks, [['a'], ['b'], ['c', 'd'], ['a']]);
  });
});
