import assert from 'node:assert/strict';
import { SIGNERS, startApi, type TestApi } from '../../../helpers/api.ts';
import { sendSigned } from '../../../helpers/http.ts';

describe('a job for the nodes that a search finds (Decision 13)', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startApi();
  });
  afterEach(() => api.close());

  it('Decision 13: starts it on what the Chef server finds, each node once', async () => {
    api.world.directory.search = (org, query) => {
      assert.deepEqual([org, query], ['acme', 'role:web AND a']);
      return Promise.resolve({ ok: true, nodes: ['web1', 'web2', 'web1'] });
    };
    const answer = await api.post({ command: 'c', search: 'role:web AND a' });
    assert.equal(answer.status, 201);
    assert.deepEqual(api.started[0]?.nodes, ['web1', 'web2']);
    assert.equal(api.started[0].quorum, 2);
    assert.ok(!('search' in api.started[0]));
  });

  it('Decision 13: asks for it only when the requester may start jobs', async () => {
    const answer = await sendSigned(SIGNERS.web1, {
      port: api.port,
      method: 'POST',
      path: '/organizations/acme/pushy/jobs',
      headers: { 'content-type': 'application/json' },
      body: '{"command":"c","search":"name:*"}',
    });
    assert.equal(answer.status, 403);
    assert.ok(!api.asked.some((what) => what.startsWith('search')));
  });

  it('Decision 13: says that nothing was found, or what is wrong with the query', async () => {
    api.world.directory.search = () => Promise.resolve({ ok: true, nodes: [] });
    const none = await api.post({ command: 'c', search: 'name:none' });
    assert.equal(none.status, 400);
    assert.equal(none.body, `{"error":"the search 'name:none' found no node"}`);
    api.world.directory.search = () => Promise.resolve({ ok: false, reason: 'no such index' });
    const bad = await api.post({ command: 'c', search: 'a:[' });
    assert.equal(bad.status, 400);
    assert.equal(bad.body, '{"error":"invalid search (no such index)"}');
    assert.deepEqual(api.started, []);
  });

  for (const [what, more, error] of [
    [
      'nodes beside it',
      { nodes: ['a'], search: 'name:*' },
      'nodes and search exclude each other: supply one of them',
    ],
    ['an empty query', { search: ' ' }, 'invalid search supplied (expected a query)'],
    ['a query that is no text', { search: ['a'] }, 'invalid search supplied (expected a query)'],
    ['null', { search: null }, 'invalid search supplied (expected a query)'],
  ] as const) {
    it(`Decision 13: refuses ${what}`, async () => {
      const answer = await api.post({ command: 'c', ...more });
      assert.equal(answer.status, 400);
      assert.equal(answer.body, JSON.stringify({ error }));
    });
  }
});
