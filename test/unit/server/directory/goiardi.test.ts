import assert from 'node:assert/strict';
import { systemClock } from '../../../../server/src/clock.ts';
import { makeChefApi } from '../../../../server/src/directory/chef-api.ts';
import type { Directory } from '../../../../server/src/directory/directory.ts';
import { makeGoiardiDirectory } from '../../../../server/src/directory/goiardi.ts';
import { startFakeChef, type FakeChef } from '../../../helpers/fake-chef.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';

describe('the directory of a goiardi (Decision 17, ADDON E.1)', () => {
  let chef: FakeChef;
  let directory: Directory;

  beforeEach(async () => {
    chef = await startFakeChef();
    const signer = { userId: 'pivotal', key: chef.superuser.privateKey };
    const settings = {
      url: chef.url,
      signer,
      chefVersion: '11.1.0',
      verifyTls: true,
      deadline: 5_000,
    };
    const api = makeChefApi(settings, systemClock);
    directory = makeGoiardiDirectory({ api, clock: makeFakeClock(), org: 'DEFAULT' });
    const alice = { name: 'alice', public_key: 'PEM', type: 'user' };
    chef.pages.set('/principals/alice', { status: 200, json: alice });
  });
  afterEach(async () => {
    await directory.close();
    await chef.close();
  });

  it('has one organization, and asks nobody for it', async () => {
    assert.match((await directory.organization('DEFAULT'))?.id ?? '', /^[0-9a-f]{32}$/);
    assert.equal(await directory.organization('acme'), undefined);
    assert.equal((await directory.principals('acme', 'alice')).found, 'no_organization');
    assert.deepEqual(chef.asked, []);
  });

  it('asks without an organization', async () => {
    assert.deepEqual(await directory.principals('DEFAULT', 'alice'), {
      found: 'principals',
      principals: [{ name: 'alice', type: 'user', publicKey: 'PEM' }],
      reused: false,
    });
    assert.equal(chef.asked.at(-1), '/principals/alice');
  });

  it('takes an empty 200 for "not found"', async () => {
    chef.pages.set('/principals/bob', { status: 200, text: '' });
    assert.equal((await directory.principals('DEFAULT', 'bob')).found, 'none');
  });

  it('refuses one that answers with another name', async () => {
    chef.pages.set('/principals/bob', {
      status: 200,
      json: { name: 'admin', public_key: 'PEM', type: 'user' },
    });
    await assert.rejects(
      directory.principals('DEFAULT', 'bob'),
      /checks no signatures.*--use-auth/,
    );
  });

  it('refuses one that knows a name that nobody has, even for its admin', async () => {
    const everybody = { status: 200, json: { name: 'admin', public_key: 'PEM', type: 'user' } };
    chef.pages.get = () => everybody;
    await assert.rejects(directory.principals('DEFAULT', 'admin'), /checks no signatures/);
  });

  it('its admins are the writers; everybody reads', async () => {
    const alice = { name: 'alice', type: 'user' } as const;
    const web1 = { name: 'web1', type: 'client' } as const;
    chef.pages.set('/users/alice', { status: 200, json: { name: 'alice', admin: true } });
    chef.pages.set('/clients/web1', { status: 200, json: { name: 'web1', admin: false } });
    assert.equal(await directory.membership('DEFAULT', alice, 'pushy_job_readers'), 'no_group');
    assert.equal(await directory.membership('DEFAULT', alice, 'pushy_job_writers'), 'no_group');
    assert.equal(await directory.membership('DEFAULT', alice, 'admins'), 'member');
    assert.equal(await directory.membership('DEFAULT', web1, 'admins'), 'not_member');
    assert.equal(
      await directory.membership('DEFAULT', { name: 'zoe', type: 'user' }, 'admins'),
      'not_member',
    );
  });
});
