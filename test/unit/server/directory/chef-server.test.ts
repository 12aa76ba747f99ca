import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { systemClock } from '../../../../server/src/clock.ts';
import { makeChefApi } from '../../../../server/src/directory/chef-api.ts';
import { makeChefServerDirectory } from '../../../../server/src/directory/chef-server.ts';
import type { Directory } from '../../../../server/src/directory/directory.ts';
import { startFakeChef, type FakeChef } from '../../../helpers/fake-chef.ts';
import { makeFakeClock, type FakeClock } from '../../../helpers/fake-clock.ts';
import { quietLog } from '../../../helpers/logs.ts';

const GUID = 'a1'.repeat(16);
const PEM = '-----BEGIN PUBLIC KEY-----\nMII\n-----END PUBLIC KEY-----\n';
const entry = (change: object): object => ({
  name: 'alice',
  type: 'user',
  public_key: PEM,
  authz_id: 'b'.repeat(32),
  org_member: true,
  ...change,
});

describe('the directory of a Chef server', () => {
  let chef: FakeChef;
  let clock: FakeClock;
  let directory: Directory;
  const closers: Directory[] = [];

  const make = (
    settings: {
      url?: string;
      backend?: 'chef-server' | 'chef-zero';
      groupReuse?: number;
      deadline?: number;
    } = {},
  ): Directory => {
    const { url = chef.url, backend = 'chef-server', groupReuse = 0, deadline = 5_000 } = settings;
    const api = makeChefApi(
      {
        url,
        signer: { userId: 'pivotal', key: chef.superuser.privateKey },
        chefVersion: '11.1.0',
        verifyTls: true,
        deadline,
      },
      // Signatures carry the real time; what is remembered ages with the test's.
      systemClock,
    );
    const made = makeChefServerDirectory({ api, clock, log: quietLog, backend, groupReuse });
    closers.push(made);
    return made;
  };
  const page = (path: string, json: unknown, status = 200): void => {
    chef.pages.set(path, { status, json });
  };

  beforeEach(async () => {
    chef = await startFakeChef();
    clock = makeFakeClock();
    directory = make();
    page('/organizations/acme', { name: 'acme', full_name: 'Acme', guid: GUID });
  });
  afterEach(async () => {
    for (const open of closers.splice(0)) await open.close();
    await chef.close();
  });

  describe('organizations', () => {
    it('REFERENCE 5 takes the guid as the id, in a call signed by the superuser', async () => {
      assert.deepEqual(await directory.organization('acme'), { id: GUID });
      assert.equal(chef.last['x-ops-userid'], 'pivotal');
      assert.equal(chef.last['x-chef-version'], '11.1.0');
      assert.equal(chef.last['x-ops-server-api-version'], '1');
      assert.equal(chef.last.accept, 'application/json');
    });

    it('ADDON E.3 derives the id where there is no guid: 32 hex characters, always the same', async () => {
      page('/organizations/old', { name: 'old' });
      const id = (await directory.organization('old'))?.id;
      assert.match(id ?? '', /^[0-9a-f]{32}$/);
      assert.deepEqual(await make().organization('old'), { id });
    });

    it('does not know one that is not there, and asks again at once', async () => {
      assert.equal(await directory.organization('new'), undefined);
      page('/organizations/new', { guid: GUID });
      assert.deepEqual(await directory.organization('new'), { id: GUID });
    });

    it('H10 remembers the guid for a minute, not for ever', async () => {
      await directory.organization('acme');
      page('/organizations/acme', { guid: 'c2'.repeat(16) });
      await clock.advance(59_000);
      assert.deepEqual(await directory.organization('acme'), { id: GUID });
      await clock.advance(1_000);
      assert.deepEqual(await directory.organization('acme'), { id: 'c2'.repeat(16) });
    });

    it('S8 percent-encodes names', async () => {
      await directory.organization('a/../b?c#d%e f');
      assert.deepEqual(chef.asked, ['/organizations/a%2F..%2Fb%3Fc%23d%25e%20f']);
    });

    it('puts the path of chef_server_url in front', async () => {
      page('/chef/organizations/acme', { guid: GUID });
      const below = make({ url: `${chef.url}/chef/` });
      assert.deepEqual(await below.organization('acme'), { id: GUID });
    });
  });

  describe('principals', () => {
    const PATH = '/organizations/acme/principals/alice';
    const alice = { name: 'alice', type: 'user', publicKey: PEM };

    it('v1: one element per key, users and clients alike', async () => {
      page(PATH, {
        principals: [entry({}), entry({ public_key: 'second' }), entry({ type: 'client' })],
      });
      assert.deepEqual(await directory.principals('acme', 'alice'), {
        found: 'principals',
        principals: [alice, { ...alice, publicKey: 'second' }, { ...alice, type: 'client' }],
        reused: false,
      });
    });

    it('v0: one object', async () => {
      page(PATH, entry({}));
      assert.deepEqual(await directory.principals('acme', 'alice'), {
        found: 'principals',
        principals: [alice],
        reused: false,
      });
    });

    it('leaves out whoever is not in the organization', async () => {
      page(PATH, { principals: [entry({ org_member: false }), entry({ type: 'client' })] });
      const lookup = await directory.principals('acme', 'alice');
      assert.deepEqual('principals' in lookup && lookup.principals.map((p) => p.type), ['client']);
      page(PATH, { principals: [entry({ org_member: false })] });
      assert.equal((await make().principals('acme', 'alice')).found, 'not_member');
    });

    it('believes the Chef server when it says what is missing', async () => {
      page(PATH, { not_found: 'principal', error: 'Cannot find principal alice' }, 404);
      assert.equal((await directory.principals('acme', 'alice')).found, 'none');
      page(PATH, { not_found: 'org', error: 'Cannot find org acme' }, 404);
      assert.equal((await directory.principals('acme', 'alice')).found, 'no_organization');
    });

    it('S8 percent-encodes the name of a principal', async () => {
      await directory.principals('acme', '../groups/admins');
      assert.equal(chef.asked[0], '/organizations/acme/principals/..%2Fgroups%2Fadmins');
    });

    it('Decision 6 reuses an answer for five seconds; fresh asks again', async () => {
      page(PATH, { principals: [entry({})] });
      await directory.principals('acme', 'alice');
      await clock.advance(4_999);
      assert.equal((await directory.principals('acme', 'alice')).reused, true);
      assert.equal(chef.asked.length, 1);
      assert.equal((await directory.principals('acme', 'alice', { fresh: true })).reused, false);
      assert.equal(chef.asked.length, 2);
      await clock.advance(5_000);
      assert.equal((await directory.principals('acme', 'alice')).reused, false);
      assert.equal(chef.asked.length, 3);
    });

    it('knows somebody who was made a moment ago', async () => {
      page(PATH, { not_found: 'principal' }, 404);
      assert.equal((await directory.principals('acme', 'alice')).found, 'none');
      page(PATH, { principals: [entry({})] });
      assert.equal((await directory.principals('acme', 'alice')).found, 'principals');
    });

    for (const [what, answer] of Object.entries({
      'is missing (404 without a word)': { status: 404, json: { error: ['Principal not found'] } },
      'does not know the version (406)': { status: 406, json: {} },
      'is empty': { status: 200, text: '' },
      'has another shape': { status: 200, json: { principals: [{ name: 'alice' }] } },
      "is chef-zero's, which has a key that is not the user's": {
        status: 200,
        json: { principals: [entry({ authz_id: '0'.repeat(32), public_key: 'wrong' })] },
      },
    })) {
      it(`asks users and clients where the principals endpoint ${what}`, async () => {
        chef.pages.set(PATH, answer);
        const keys = '/organizations/acme/users/alice/keys';
        page(keys, [
          { name: 'default', uri: 'x', expired: false },
          { name: 'old key', uri: 'x', expired: true },
          { name: 'second key', uri: 'x', expired: false },
        ]);
        page(`${keys}/default`, { name: 'default', public_key: PEM, expiration_date: 'infinity' });
        page(`${keys}/second%20key`, { name: 'second key', public_key: 'second' });
        assert.deepEqual(await directory.principals('acme', 'alice'), {
          found: 'principals',
          principals: [alice, { ...alice, publicKey: 'second' }],
          reused: false,
        });
      });
    }

    it('chef-zero: asks users and clients at once; a user of another organization is no member', async () => {
      const zero = make({ backend: 'chef-zero' });
      const keys = '/organizations/acme/clients/web1/keys';
      page(keys, [{ name: 'default', expired: false }]);
      page(`${keys}/default`, { public_key: PEM });
      page('/users/eve', { username: 'eve' });
      assert.deepEqual(await zero.principals('acme', 'web1'), {
        found: 'principals',
        principals: [{ name: 'web1', type: 'client', publicKey: PEM }],
        reused: false,
      });
      assert.equal((await zero.principals('acme', 'eve')).found, 'not_member');
      assert.equal((await zero.principals('acme', 'zoe')).found, 'none');
      assert.ok(!chef.asked.some((path) => path.includes('principals')));
    });
  });

  describe('groups', () => {
    const alice = { name: 'alice', type: 'user' } as const;
    const group = (name: string, members: object, status = 200): void => {
      page(
        `/organizations/acme/groups/${name}`,
        { actors: [], users: [], clients: [], groups: [], name, ...members },
        status,
      );
    };

    it('REFERENCE 6 looks for users in users and for clients in clients', async () => {
      group('g', { users: ['alice'], clients: ['web1'], actors: ['carol'] });
      assert.equal(await directory.membership('acme', alice, 'g'), 'member');
      assert.equal(
        await directory.membership('acme', { name: 'alice', type: 'client' }, 'g'),
        'not_member',
      );
      assert.equal(
        await directory.membership('acme', { name: 'web1', type: 'client' }, 'g'),
        'member',
      );
      assert.equal(
        await directory.membership('acme', { name: 'carol', type: 'user' }, 'g'),
        'not_member',
      );
      assert.equal(await directory.membership('acme', alice, 'none'), 'no_group');
    });

    it('searches groups in groups; one that is missing has no members', async () => {
      group('g', { groups: ['gone', 'h'] });
      group('h', { groups: ['i'] });
      group('i', { users: ['alice'] });
      assert.equal(await directory.membership('acme', alice, 'g'), 'member');
      assert.equal(
        await directory.membership('acme', { name: 'bob', type: 'user' }, 'g'),
        'not_member',
      );
    });

    it('S9 ends where groups go round in a circle', async () => {
      group('g', { groups: ['h', 'g'] });
      group('h', { groups: ['g', 'h'] });
      assert.equal(await directory.membership('acme', alice, 'g'), 'not_member');
      assert.equal(chef.asked.length, 2);
    });

    it('S9 gives up where groups in groups take too long together', async () => {
      group('g', { groups: ['h'] });
      group('h', { users: ['alice'] });
      const asked = directory.membership('acme', alice, 'g');
      await Promise.all([
        assert.rejects(asked, { code: 'directory_unreachable' }),
        clock.advance(30_000),
      ]);
    });

    it('REFERENCE 6: a 5xx counts as no member', async () => {
      group('g', {}, 503);
      assert.equal(await directory.membership('acme', alice, 'g'), 'not_member');
    });

    it('REFERENCE 6: another 4xx is a failure', async () => {
      group('g', {}, 403);
      await assert.rejects(directory.membership('acme', alice, 'g'), { code: 'directory_failed' });
    });

    it('Decision 6 asks anew each time: a member who was just added counts at once', async () => {
      group('g', {});
      assert.equal(await directory.membership('acme', alice, 'g'), 'not_member');
      group('g', { users: ['alice'] });
      assert.equal(await directory.membership('acme', alice, 'g'), 'member');
    });

    it('Decision 6 shares the calls that are in flight', async () => {
      group('g', { users: ['alice'] });
      const all = Array.from({ length: 20 }, () => directory.membership('acme', alice, 'g'));
      assert.deepEqual(new Set(await Promise.all(all)), new Set(['member']));
      assert.equal(chef.asked.length, 1);
    });

    it('group_reuse_time lets an answer live longer', async () => {
      const patient = make({ groupReuse: 1_000 });
      group('g', { users: ['alice'] });
      await patient.membership('acme', alice, 'g');
      group('g', {});
      await clock.advance(999);
      assert.equal(await patient.membership('acme', alice, 'g'), 'member');
      await clock.advance(1);
      assert.equal(await patient.membership('acme', alice, 'g'), 'not_member');
    });
  });

  describe('failures', () => {
    it('says unreachable where nobody listens', async () => {
      const nobody = make({ url: 'http://127.0.0.1:1' });
      await assert.rejects(nobody.organization('acme'), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'directory_unreachable');
        assert.match(error.message, /^http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/);
        return true;
      });
    });

    it('gives up a server that does not answer', async () => {
      chef.pages.set('/organizations/acme', 'silence');
      await assert.rejects(make({ deadline: 100 }).organization('acme'), {
        code: 'directory_unreachable',
      });
    });

    for (const [what, scheme, greet] of [
      ['takes the connection and says nothing', 'http', () => undefined],
      ['never begins its TLS', 'https', () => undefined],
      [
        'sends its answer a byte at a time',
        'http',
        (socket: Socket) => {
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
          const drip = setInterval(() => socket.write(' '), 20);
          socket.on('close', () => {
            clearInterval(drip);
          });
        },
      ],
    ] as const) {
      it(`never hangs on a server that ${what}`, async () => {
        const server = createServer((socket) => {
          socket.on('error', () => undefined).resume();
          greet(socket);
        });
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const { port } = server.address() as AddressInfo;
        const asked = make({ url: `${scheme}://127.0.0.1:${port}`, deadline: 150 });
        await assert.rejects(asked.organization('acme'), { code: 'directory_unreachable' });
        await asked.close();
        await new Promise((resolve) => server.close(resolve));
      });
    }

    it('asks once more when the connection breaks, then gives up', async () => {
      chef.pages.set('/organizations/acme', 'hang up');
      await assert.rejects(directory.organization('acme'), { code: 'directory_unreachable' });
      assert.equal(chef.asked.length, 2);
    });

    for (const [what, answer] of Object.entries({
      'a 500': { status: 500, json: {} },
      'a 401': { status: 401, json: {} },
      'a redirect': { status: 302, text: '' },
      'a page of HTML': { status: 200, text: '<html>' },
      'an array': { status: 200, json: [] },
    })) {
      it(`says failed for ${what}`, async () => {
        chef.pages.set('/organizations/acme', answer);
        await assert.rejects(directory.organization('acme'), { code: 'directory_failed' });
      });
    }

    it('keeps no failure', async () => {
      page('/organizations/acme', {}, 500);
      await assert.rejects(directory.organization('acme'));
      page('/organizations/acme', { guid: GUID });
      assert.deepEqual(await directory.organization('acme'), { id: GUID });
    });
  });
});
