import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { systemClock } from '../../server/src/clock.ts';
import { makeChefApi, type ChefApi } from '../../server/src/directory/chef-api.ts';
import { makeChefServerDirectory } from '../../server/src/directory/chef-server.ts';
import type { Directory, PrincipalLookup } from '../../server/src/directory/directory.ts';
import { makeGoiardiDirectory } from '../../server/src/directory/goiardi.ts';
import { newKeyPair } from '../helpers/keys.ts';
import { quietLog } from '../helpers/logs.ts';
import { startChefZero, type ChefZero } from './harness/chef-zero.ts';
import { startGoiardi, startOpenGoiardi, type Goiardi } from './harness/goiardi.ts';
import { useScene } from './harness/scene.ts';

/** Directories to close; none where the machine lacks a piece. */
const ends: Directory[] = [];

const alice = { name: 'alice', type: 'user' } as const;
const web1 = { name: 'web1', type: 'client' } as const;

const der = (key: KeyObject): string => key.export({ type: 'spki', format: 'der' }).toString('hex');
/** Types of those found, each with the proof that its key is the public half of the key in `file`. */
async function whose(lookup: PrincipalLookup, file: string): Promise<string[]> {
  const own = der(createPublicKey(createPrivateKey(await readFile(file, 'utf8'))));
  assert.equal(lookup.found, 'principals');
  return lookup.principals.map((p) => {
    assert.equal(der(createPublicKey(p.publicKey)), own);
    return `${p.type} ${p.name}`;
  });
}

async function sorted(search: ReturnType<Directory['search']>): Promise<string[]> {
  const found = await search;
  if (!found.ok) throw new Error(found.reason);
  return found.nodes.sort();
}

function apiOf(url: string, userId: string, key: string): ChefApi {
  const signer = { userId, key };
  return makeChefApi(
    { url, signer, chefVersion: '11.1.0', verifyTls: true, deadline: 10_000 },
    systemClock,
  );
}

for (const backend of ['chef-zero', 'chef-server'] as const) {
  describe(`the directory on chef-zero, as ${backend}`, function () {
    this.timeout(60_000);
    const scene = useScene('workstation');
    let zero: ChefZero;
    let directory: Directory;
    let aliceKey: string;
    let webKey: string;
    before(async () => {
      zero = await startChefZero(scene);
      await zero.createOrganization('acme');
      await zero.createOrganization('other');
      aliceKey = await zero.createUser('acme', 'alice');
      webKey = await zero.createClient('acme', 'web1');
      await zero.createUser('other', 'eve');
      const api = apiOf(zero.url, 'pivotal', newKeyPair().privateKey);
      directory = makeChefServerDirectory({
        api,
        clock: systemClock,
        log: quietLog,
        backend,
        groupReuse: 0,
      });
      ends.push(directory);
    });
    after(() => Promise.all(ends.splice(0).map((made) => made.close())));

    it('knows organizations by their guid', async () => {
      assert.match((await directory.organization('acme'))?.id ?? '', /^[0-9a-f]{32}$/);
      assert.equal(await directory.organization('nope'), undefined);
    });

    it('finds the true key of a user and of a client', async () => {
      assert.deepEqual(await whose(await directory.principals('acme', 'alice'), aliceKey), [
        'user alice',
      ]);
      assert.deepEqual(await whose(await directory.principals('acme', 'web1'), webKey), [
        'client web1',
      ]);
    });

    it('tells a user of another organization from one that nobody knows', async () => {
      assert.equal((await directory.principals('acme', 'eve')).found, 'not_member');
      assert.equal((await directory.principals('acme', 'zoe')).found, 'none');
    });

    it('Decision 13: knows the nodes, finds them by a query, and says what is wrong with one', async () => {
      for (const name of ['web1', 'web2', 'db 1']) await zero.createNode('acme', name);
      assert.deepEqual((await directory.nodes('acme')).sort(), ['db 1', 'web1', 'web2']);
      assert.deepEqual(await sorted(directory.search('acme', 'name:web*')), ['web1', 'web2']);
      assert.deepEqual(await sorted(directory.search('acme', 'name:web* AND NOT name:web2')), [
        'web1',
      ]);
      assert.deepEqual(await sorted(directory.search('acme', 'name:nothing')), []);
      const bad = await directory.search('acme', 'name:[');
      assert.equal(bad.ok, false);
      assert.notEqual(bad.reason, '');
    });

    it('follows groups in groups, at once', async () => {
      assert.equal(await directory.membership('acme', alice, 'pushy_job_writers'), 'no_group');
      await zero.setGroup('acme', 'ops', { users: ['alice'] });
      await zero.setGroup('acme', 'pushy_job_writers', { groups: ['ops'], clients: ['web1'] });
      assert.equal(await directory.membership('acme', alice, 'pushy_job_writers'), 'member');
      assert.equal(await directory.membership('acme', web1, 'pushy_job_writers'), 'member');
      await zero.setGroup('acme', 'ops', {});
      assert.equal(await directory.membership('acme', alice, 'pushy_job_writers'), 'not_member');
    });
  });
}

describe('the directory on goiardi', function () {
  this.timeout(60_000);
  const scene = useScene('workstation', 'goiardi');
  let goiardi: Goiardi;
  let directory: Directory;
  let webKey: string;
  before(async () => {
    goiardi = await startGoiardi(scene);
    webKey = await goiardi.createClient('web1');
    const api = apiOf(goiardi.url, 'admin', await readFile(goiardi.adminKey, 'utf8'));
    directory = makeGoiardiDirectory({ api, clock: systemClock, org: 'DEFAULT' });
    ends.push(directory);
  });
  after(() => Promise.all(ends.splice(0).map((made) => made.close())));

  it('finds users and clients without an organization (Decision 17)', async () => {
    const found = await directory.principals('DEFAULT', 'admin');
    assert.deepEqual(await whose(found, goiardi.adminKey), ['user admin']);
    assert.deepEqual(await whose(await directory.principals('DEFAULT', 'web1'), webKey), [
      'client web1',
    ]);
    assert.equal((await directory.principals('DEFAULT', 'zoe')).found, 'none');
  });

  it('Decisions 13 and 17: knows the nodes and finds them by a query, without an organization', async () => {
    for (const name of ['web1', 'web2', 'db1']) await goiardi.createNode(name);
    assert.deepEqual((await directory.nodes('DEFAULT')).sort(), ['db1', 'web1', 'web2']);
    assert.deepEqual(await sorted(directory.search('DEFAULT', 'name:web*')), ['web1', 'web2']);
    assert.deepEqual(await sorted(directory.search('DEFAULT', 'name:nothing')), []);
    assert.equal((await directory.search('DEFAULT', 'name:[')).ok, false);
  });

  it('has its admins as writers', async () => {
    const admin = { name: 'admin', type: 'user' } as const;
    assert.equal(await directory.membership('DEFAULT', admin, 'pushy_job_writers'), 'no_group');
    assert.equal(await directory.membership('DEFAULT', admin, 'admins'), 'member');
    assert.equal(await directory.membership('DEFAULT', web1, 'admins'), 'not_member');
  });

  it('is refused where it checks no signatures', async () => {
    const url = await startOpenGoiardi(scene);
    const open = makeGoiardiDirectory({
      api: apiOf(url, 'admin', newKeyPair().privateKey),
      clock: systemClock,
      org: 'DEFAULT',
    });
    try {
      await assert.rejects(open.principals('DEFAULT', 'admin'), /checks no signatures/);
      await assert.rejects(open.principals('DEFAULT', 'web1'), /checks no signatures/);
    } finally {
      await open.close();
    }
  });
});
