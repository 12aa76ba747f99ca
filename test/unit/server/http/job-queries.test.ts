import assert from 'node:assert/strict';
import { startApi, type TestApi } from '../../../helpers/api.ts';

const ORG = '/organizations/acme/pushy';
const ID = 'e'.repeat(32);
const BRIEF = {
  id: ID,
  command: 'chef-client',
  status: 'complete',
  run_timeout: 3600,
  created_at: 'Tue, 04 Sep 2012 23:01:02 GMT',
  updated_at: 'Tue, 04 Sep 2012 23:17:56 GMT',
};
const DETAIL = {
  quorum: 3,
  requester: 'ann',
  capture_output: false,
  stop_requested: false,
  counts: { succeeded: 2, failed: 1 },
};

describe('richer answers, where they are asked for', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startApi();
    api.jobs.set(ID, {
      id: ID,
      command: 'chef-client',
      status: 'complete',
      runTimeout: 3600,
      createdAt: Date.UTC(2012, 8, 4, 23, 1, 2, 900),
      updatedAt: Date.UTC(2012, 8, 4, 23, 17, 56),
      capture: false,
      quorum: 3,
      requester: 'ann',
      nodes: { succeeded: ['a', 'b'], failed: ['c'] },
    });
  });
  afterEach(() => api.close());

  const get = async (path: string): Promise<unknown> => {
    const answer = await api.as('alice', { path: `${ORG}/${path}` });
    assert.equal(answer.status, 200, answer.body);
    return JSON.parse(answer.body);
  };

  it('J6 shows quorum, requester and counts in the list with detail=true alone', async () => {
    assert.deepEqual(await get('jobs?detail=true'), [{ ...BRIEF, ...DETAIL }]);
    assert.deepEqual(await get('jobs?detail=false'), [BRIEF]);
    assert.deepEqual(await get('jobs'), [BRIEF]);
  });

  it('J6 shows them in a job with detail=true alone', async () => {
    const nodes = { succeeded: ['a', 'b'], failed: ['c'] };
    assert.deepEqual(await get(`jobs/${ID}?detail=true`), { nodes, ...BRIEF, ...DETAIL });
    assert.deepEqual(await get(`jobs/${ID}`), { nodes, ...BRIEF });
    const none = await api.as('alice', { path: `${ORG}/jobs/none?detail=true` });
    assert.equal(none.status, 404);
  });

  it('Decision 8: shows that a job was asked to stop, and J6 that it captures', async () => {
    api.jobs.set(ID, { ...api.jobs.get(ID)!, stopped: true, capture: true, file: 'raw:x' });
    const nodes = { succeeded: ['a', 'b'], failed: ['c'] };
    const more = { ...DETAIL, capture_output: true, stop_requested: true };
    assert.deepEqual(await get(`jobs/${ID}?detail=true&include_file=true`), {
      nodes,
      ...BRIEF,
      file: 'raw:x',
      ...more,
    });
  });

  it('400 for a page after a job that is not there: a list that just ends would look whole', async () => {
    api.world.jobs.list = () => Promise.resolve([]);
    api.world.jobs.listDetails = () => Promise.resolve([]);
    assert.deepEqual(await get(`jobs?after=${ID}`), []);
    for (const query of ['after=none', 'limit=1&after=', `detail=true&after=${'f'.repeat(32)}`]) {
      const answer = await api.as('alice', { path: `${ORG}/jobs?${query}` });
      assert.equal(answer.status, 400, query);
      assert.equal(
        answer.body,
        '{"error":["invalid value for after (expected the id of a job of this organization)"]}',
      );
    }
  });

  it('H9 asks for the jobs that the query chooses', async () => {
    await get('jobs');
    await get(
      `jobs?limit=10&after=${ID}&status=running&command=chef%2Dclient&requester=ann&node=web1`,
    );
    await get('jobs?detail=true&limit=1');
    assert.deepEqual(api.queries, [
      {},
      {
        limit: 10,
        after: ID,
        status: 'running',
        command: 'chef-client',
        requester: 'ann',
        node: 'web1',
      },
      { limit: 1 },
    ]);
  });

  it('H9 refuses a value that nothing can have, before anybody is asked who sent it', async () => {
    for (const [query, text] of [
      ['limit=0', 'limit (expected a whole number from 1 to 10000)'],
      ['limit=all', 'limit (expected a whole number from 1 to 10000)'],
      [
        'status=done',
        'status (expected voting, running, complete, quorum_failed, aborted, new, timed_out, crashed)',
      ],
      ['detail=1', 'detail (expected true or false)'],
    ] as const) {
      const answer = await api.as('nobody', { path: `${ORG}/jobs?${query}` });
      assert.equal(answer.status, 400);
      assert.equal(answer.body, JSON.stringify({ error: [`invalid value for ${text}`] }));
    }
    assert.deepEqual(api.asked, []);
  });

  it('lists every node of the organization with detail=true, those never heard as offline', async () => {
    assert.deepEqual(await get('node_states?detail=true'), [
      {
        node_name: 'new',
        status: 'online',
        availability: 'unavailable',
        online_since: 'Thu, 01 Jan 1970 00:00:00 GMT',
      },
      {
        node_name: 'web1',
        status: 'online',
        availability: 'available',
        online_since: 'Tue, 04 Sep 2012 23:01:02 GMT',
        last_heartbeat_at: 'Tue, 04 Sep 2012 23:17:56 GMT',
        job_state: 'running',
        job_id: ID,
      },
      { node_name: 'web2', status: 'offline', availability: 'unavailable' },
    ]);
    const failing = Object.assign(new Error('http://chef: refused'), {
      code: 'directory_unreachable',
    });
    api.world.directory.nodes = () => Promise.reject(failing);
    const answer = await api.as('alice', { path: `${ORG}/node_states?detail=true` });
    assert.equal(answer.status, 502);
    assert.equal(
      answer.body,
      '{"error":["The Chef server could not be asked: http://chef: refused"]}',
    );
  });
});
