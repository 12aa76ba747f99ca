import assert from 'node:assert/strict';
import { systemClock } from '../../../../server/src/clock.ts';
import { makeChefApi } from '../../../../server/src/directory/chef-api.ts';
import { makeChefServerDirectory } from '../../../../server/src/directory/chef-server.ts';
import type { Directory } from '../../../../server/src/directory/directory.ts';
import { makeGoiardiDirectory } from '../../../../server/src/directory/goiardi.ts';
import { startFakeChef, type FakeChef } from '../../../helpers/fake-chef.ts';
import { makeFakeClock, type FakeClock } from '../../../helpers/fake-clock.ts';
import { quietLog } from '../../../helpers/logs.ts';

const row = (name: string): object => ({ url: `http://chef/nodes/${name}`, data: { name } });
const target = (start: number, q = 'role%3Aweb'): string =>
  `/organizations/acme/search/node?q=${q}&start=${start}&rows=1000`;

describe('what the Chef server knows of nodes', () => {
  let chef: FakeChef;
  let clock: FakeClock;
  let directory: Directory;
  const page = (path: string, json: unknown, status = 200): void => {
    chef.pages.set(path, { status, json });
  };

  beforeEach(async () => {
    chef = await startFakeChef();
    clock = makeFakeClock();
    const api = makeChefApi(
      {
        url: chef.url,
        signer: { userId: 'pivotal', key: chef.superuser.privateKey },
        chefVersion: '11.1.0',
        verifyTls: true,
        deadline: 5000,
      },
      systemClock,
    );
    directory = makeChefServerDirectory({
      api,
      clock,
      log: quietLog,
      backend: 'chef-server',
      groupReuse: 0,
    });
  });
  afterEach(async () => {
    await directory.close();
    await chef.close();
  });

  it('Decision 13: finds all pages, asks for names alone, and skips what is deleted', async () => {
    const names = Array.from({ length: 1000 }, (_, i) => `n${i}`);
    page(target(0), { total: 1002, start: 0, rows: names.map(row) });
    page(target(1000), { total: 1002, start: 1000, rows: [row('n1'), { url: 'x', data: null }] });
    assert.deepEqual(await directory.search('acme', 'role:web'), { ok: true, nodes: names });
    assert.deepEqual(chef.posted, [{ name: ['name'] }, { name: ['name'] }]);
    assert.equal(chef.last['content-type'], 'application/json');
  });

  it('Decision 13, S8: escapes what it is asked for', async () => {
    page(target(0, 'name%3A%22a%20b%22%26rows%3D1'), { total: 0, rows: [] });
    const query = 'name:"a b"&rows=1';
    assert.deepEqual(await directory.search('acme', query), { ok: true, nodes: [] });
  });

  it('Decision 13: hands on what the Chef server says of a bad query', async () => {
    page(target(0), { error: ["invalid search query: 'role:'"] }, 400);
    assert.deepEqual(await directory.search('acme', 'role:web'), {
      ok: false,
      reason: "invalid search query: 'role:'",
    });
    page(target(0), 'none', 400);
    assert.deepEqual(await directory.search('acme', 'role:web'), {
      ok: false,
      reason: 'the Chef server cannot read the query',
    });
  });

  it('is bounded: a server that shows less than it claims, too many nodes, too much time', async () => {
    page(target(0), { total: 5, rows: [row('a')] });
    page(target(1), { total: 5, rows: [] });
    assert.deepEqual(await directory.search('acme', 'role:web'), { ok: true, nodes: ['a'] });
    page(target(0), { total: 50_001, rows: [row('a')] });
    assert.deepEqual(await directory.search('acme', 'role:web'), {
      ok: false,
      reason: 'it finds 50001 nodes, and 50000 is the most',
    });
    page(target(0), { total: 5, rows: [row('a')] });
    const asked = directory.search('acme', 'role:web');
    await Promise.all([
      assert.rejects(asked, { code: 'directory_unreachable' }),
      clock.advance(30_000),
    ]);
  });

  it('takes any other answer for a failure', async () => {
    for (const [status, json] of [
      [500, {}],
      [404, {}],
      [200, { rows: 'none' }],
      [200, []],
    ] as const) {
      page(target(0), json, status);
      await assert.rejects(directory.search('acme', 'role:web'), { code: 'directory_failed' });
    }
  });

  it('lists the nodes of an organization', async () => {
    page('/organizations/acme/nodes', { web1: 'http://chef/nodes/web1', web2: 'x' });
    assert.deepEqual(await directory.nodes('acme'), ['web1', 'web2']);
    assert.deepEqual(await directory.nodes('none'), []);
  });

  it('Decision 17: asks a goiardi without an organization', async () => {
    const api = makeChefApi(
      {
        url: chef.url,
        signer: { userId: 'pivotal', key: chef.superuser.privateKey },
        chefVersion: '11.1.0',
        verifyTls: true,
        deadline: 5000,
      },
      systemClock,
    );
    const goiardi = makeGoiardiDirectory({ api, clock, org: 'DEFAULT' });
    page('/search/node?q=name%3A*&start=0&rows=1000', { total: 1, rows: [row('web1')] });
    page('/nodes', { web1: 'http://goiardi/nodes/web1' });
    assert.deepEqual(await goiardi.search('DEFAULT', 'name:*'), { ok: true, nodes: ['web1'] });
    assert.deepEqual(await goiardi.nodes('DEFAULT'), ['web1']);
    await goiardi.close();
  });
});
