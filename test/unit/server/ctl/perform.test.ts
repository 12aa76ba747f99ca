import assert from 'node:assert/strict';
import type { DirectoryOperation } from '../../../../server/src/ctl/operations.ts';
import { perform } from '../../../../server/src/ctl/perform.ts';
import { findGroup } from '../../../../server/src/db/find-group.ts';
import { findOrganization } from '../../../../server/src/db/find-organization.ts';
import { findPrincipals } from '../../../../server/src/db/find-principals.ts';
import { onBothEngines } from '../../../helpers/engines.ts';

onBothEngines('directory commands', (db) => {
  const yes = async (operation: DirectoryOperation): Promise<string> => {
    const { ok, message } = await perform(db(), operation);
    assert.ok(ok, message);
    return message;
  };
  const no = async (operation: DirectoryOperation): Promise<string> => {
    const { ok, message } = await perform(db(), operation);
    assert.ok(!ok, message);
    return message;
  };
  const orgId = async (): Promise<string> => (await findOrganization(db(), 'acme'))?.guid ?? '';
  const person = (name: string, type: 'user' | 'client', admin = false): DirectoryOperation => ({
    do: 'principal-add',
    org: 'acme',
    name,
    type,
    publicKey: 'PEM',
    admin,
  });
  const member = (name: string, type?: 'user' | 'client' | 'group'): DirectoryOperation => ({
    do: 'member-add',
    org: 'acme',
    group: 'g',
    name,
    ...(type === undefined ? {} : { type }),
  });

  beforeEach(async () => {
    await yes({ do: 'org-add', org: 'acme' });
    await yes({ do: 'group-add', org: 'acme', group: 'g' });
  });

  it('gives an organization a guid of 32 hex characters and an empty group of admins', async () => {
    assert.match(await orgId(), /^[0-9a-f]{32}$/);
    const admins = await findGroup(db(), await orgId(), 'admins');
    assert.deepEqual(admins, { users: [], clients: [], groups: [] });
    assert.match(await no({ do: 'org-add', org: 'acme' }), /exists already/);
  });

  it('adds users and nodes, admins to the group of admins', async () => {
    await yes(person('alice', 'user', true));
    await yes(person('web1', 'client'));
    assert.deepEqual(await findPrincipals(db(), await orgId(), 'alice'), [
      { name: 'alice', type: 'user', publicKey: 'PEM' },
    ]);
    assert.deepEqual((await findGroup(db(), await orgId(), 'admins'))?.users, ['alice']);
    assert.equal(await no(person('alice', 'user')), "The user 'alice' exists already in 'acme'.");
    assert.equal(await no(person('web1', 'client')), "The node 'web1' exists already in 'acme'.");
  });

  it('removes users from their groups as well', async () => {
    await yes(person('alice', 'user', true));
    await yes({ do: 'principal-remove', org: 'acme', name: 'alice', type: 'user' });
    assert.deepEqual((await findGroup(db(), await orgId(), 'admins'))?.users, []);
    assert.equal(
      await no({ do: 'principal-remove', org: 'acme', name: 'alice', type: 'user' }),
      "There is no user 'alice' in 'acme'.",
    );
  });

  it('finds out what a member is', async () => {
    await yes(person('alice', 'user'));
    await yes(person('web1', 'client'));
    assert.equal(await yes(member('alice')), "Added user 'alice' to group 'g'.");
    assert.equal(await yes(member('web1')), "Added node 'web1' to group 'g'.");
    assert.equal(await yes(member('admins')), "Added group 'admins' to group 'g'.");
    assert.deepEqual(await findGroup(db(), await orgId(), 'g'), {
      users: ['alice'],
      clients: ['web1'],
      groups: ['admins'],
    });
    assert.equal(await no(member('alice')), "The user 'alice' is a member of 'g' already.");
    assert.equal(await no(member('zoe')), "There is no user, node or group 'zoe' in 'acme'.");
  });

  it('asks which where several have the name', async () => {
    await yes(person('both', 'user'));
    await yes(person('both', 'client'));
    assert.match(await no(member('both')), /'both' is node and user: say which with --type\./);
    await yes(member('both', 'client'));
    assert.deepEqual((await findGroup(db(), await orgId(), 'g'))?.clients, ['both']);
    const remove: DirectoryOperation = {
      do: 'member-remove',
      org: 'acme',
      group: 'g',
      name: 'both',
    };
    assert.equal(await yes(remove), "Removed node 'both' from group 'g'.");
    assert.equal(await no(remove), "'both' is no member of 'g'.");
  });

  it('says what to do where an organization or group is missing', async () => {
    assert.equal(
      await no({ do: 'list', org: 'nope' }),
      "There is no organization 'nope': make it with org-add.",
    );
    assert.equal(
      await no({ do: 'member-add', org: 'acme', group: 'nope', name: 'x' }),
      "There is no group 'nope' in 'acme': make it with group-add.",
    );
    assert.match(await no({ do: 'group-add', org: 'acme', group: 'g' }), /exists already/);
  });

  it('shows what an organization holds', async () => {
    assert.equal(
      await yes({ do: 'list', org: 'acme' }),
      `organization acme (${await orgId()})\nusers: none\nnodes: none\ngroups\n  admins:\n  g:`,
    );
    await yes(person('alice', 'user', true));
    await yes(person('web1', 'client'));
    await yes(member('admins'));
    assert.equal(
      await yes({ do: 'list', org: 'acme' }),
      `organization acme (${await orgId()})\nusers\n  alice\nnodes\n  web1\ngroups\n  admins: alice\n  g: @admins`,
    );
  });
});
