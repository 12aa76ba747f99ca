import assert from 'node:assert/strict';
import { startApi, type TestApi } from '../../../helpers/api.ts';
import type { HttpAnswer } from '../../../helpers/http.ts';

const ORG = '/organizations/acme/pushy';
const ID = 'e'.repeat(32);

describe('stop and delete (Decision 8)', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startApi();
    api.jobs.set(ID, {
      id: ID,
      command: 'chef-client',
      status: 'running',
      runTimeout: 3600,
      createdAt: 0,
      updatedAt: 0,
      capture: false,
      quorum: 2,
      requester: 'ann',
      nodes: { running: ['a'], nacked: ['b'] },
    });
  });
  afterEach(() => api.close());

  const post = (
    what: string,
    body?: string,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ): Promise<HttpAnswer> =>
    api.as('alice', {
      method: 'POST',
      path: `${ORG}/jobs/${what}`,
      headers,
      ...(body === undefined ? {} : { body }),
    });

  it('Decision 8: stops a whole job and answers 202 with the job', async () => {
    for (const body of [undefined, '{}']) {
      const answer = await post(`${ID}/stop`, body);
      assert.equal(answer.status, 202);
      const { nodes, status } = JSON.parse(answer.body) as Record<string, unknown>;
      assert.deepEqual(
        { nodes, status },
        { nodes: { running: ['a'], nacked: ['b'] }, status: 'running' },
      );
    }
    assert.equal((await post(`${ID}/stop`, undefined, {})).status, 202);
    assert.deepEqual(api.stopped, Array(3).fill({ id: ID, nodes: undefined }));
  });

  it('Decision 8: stops some nodes, each named once', async () => {
    assert.equal((await post(`${ID}/stop`, '{"nodes":["a","b","a"]}')).status, 202);
    assert.deepEqual(api.stopped, [{ id: ID, nodes: ['a', 'b'] }]);
  });

  for (const [what, body, error] of [
    ['a node that is not in the job', '{"nodes":["a","x"]}', `node 'x' is not in job '${ID}'`],
    ['no node at all', '{"nodes":[]}', 'at least one node must be supplied'],
    ['nodes that are none', '{"nodes":"a"}', 'at least one node must be supplied'],
    ['a node that is no text', '{"nodes":[1]}', 'at least one node must be supplied'],
    ['what is no JSON', 'stop!', 'invalid JSON'],
    [
      'another key',
      '{"node":["a"]}',
      'invalid body supplied (expected nothing, or an object with nodes)',
    ],
    ['a list', '["a"]', 'invalid body supplied (expected nothing, or an object with nodes)'],
  ] as const) {
    it(`Decision 8: refuses to stop ${what}`, async () => {
      const answer = await post(`${ID}/stop`, body);
      assert.equal(answer.status, 400);
      assert.equal(answer.body, JSON.stringify({ error }));
      assert.deepEqual(api.stopped, []);
    });
  }

  it('takes a body of JSON alone', async () => {
    assert.equal((await post(`${ID}/stop`, '{"nodes":["a"]}', {})).status, 415);
    assert.deepEqual(api.stopped, []);
  });

  it('Decision 8: 409 for a job that is not in flight', async () => {
    api.world.starter.stop = () => Promise.resolve(false);
    const answer = await post(`${ID}/stop`);
    assert.equal(answer.status, 409);
    assert.match(answer.body, /is not in flight: its status is running/);
    api.jobs.set(ID, { ...api.jobs.get(ID)!, status: 'complete' });
    api.world.starter.stop = () => Promise.reject(new Error('asked'));
    assert.equal((await post(`${ID}/stop`)).status, 409);
  });

  it("S2 stops and deletes no other organization's job", async () => {
    api.world.directory.organization = () => Promise.resolve({ id: '9'.repeat(32) });
    assert.equal((await post(`${ID}/stop`)).status, 404);
    assert.equal((await post(`${ID}/delete`)).status, 404);
    assert.deepEqual(api.stopped, []);
    assert.equal(api.jobs.size, 1);
  });

  it('Decision 8: deletes a finished job, and no job in flight', async () => {
    const early = await post(`${ID}/delete`);
    assert.equal(early.status, 409);
    assert.equal(early.body, `{"error":["job '${ID}' is in flight: stop it first."]}`);
    api.jobs.set(ID, { ...api.jobs.get(ID)!, status: 'complete' });
    const answer = await post(`${ID}/delete`);
    assert.equal(answer.status, 200);
    assert.equal(answer.body, JSON.stringify({ id: ID, deleted: true }));
    assert.equal((await post(`${ID}/delete`)).status, 404);
  });
});
