import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { startApi, type TestApi } from '../../../helpers/api.ts';

const ORG = '/organizations/acme/pushy';
const ID = 'e'.repeat(32);
const STORED = {
  id: ID,
  command: 'chef-client',
  status: 'complete',
  runTimeout: 3600,
  createdAt: Date.UTC(2012, 8, 4, 23, 1, 2, 900),
  updatedAt: Date.UTC(2012, 8, 4, 23, 17, 56),
  capture: false,
  quorum: 3,
  requester: 'alice',
  nodes: { succeeded: ['a', 'b'], failed: ['c'] },
} as const;
const BRIEF = {
  id: ID,
  command: 'chef-client',
  status: 'complete',
  run_timeout: 3600,
  created_at: 'Tue, 04 Sep 2012 23:01:02 GMT',
  updated_at: 'Tue, 04 Sep 2012 23:17:56 GMT',
};

describe('the routes (REFERENCE 2, 8)', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startApi();
    api.jobs.set(ID, { ...STORED, nodes: { succeeded: ['a', 'b'], failed: ['c'] } });
  });
  afterEach(() => api.close());

  const get = async (path: string, who: 'alice' | 'web1' = 'alice'): Promise<unknown> => {
    const answer = await api.as(who, { path });
    assert.equal(answer.status, 200, answer.body);
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.equal(answer.headers['content-length'], String(Buffer.byteLength(answer.body)));
    return JSON.parse(answer.body);
  };

  it('8.1 tells anybody that it lives', async () => {
    const answer = await api.send({ path: '/pushy/_status', headers: { accept: 'text/html' } });
    assert.equal(answer.status, 200);
    assert.equal(
      answer.body,
      `{"status":"it's alive","incarnation_id":"f4a5b2ac-7a05-4f3b-8d1a-c52d6a9e3a11","node_fsm_count":3,"job_processes":["${'a'.repeat(32)}"]}`,
    );
    assert.deepEqual(api.asked, []);
  });

  it('counts warnings in the status where they are asked for', async () => {
    const answer = await api.send({ path: '/pushy/_status?detail=true' });
    const { warnings, ...rest } = JSON.parse(answer.body) as Record<string, unknown>;
    assert.deepEqual(warnings, { misspelt_groups: 2 });
    const plain = await api.send({ path: '/pushy/_status?detail=false' });
    assert.deepEqual(JSON.parse(plain.body), rest);
    assert.equal((await api.send({ path: '/pushy/_status?detail=x' })).status, 400);
  });

  it('8.4 lists jobs without nodes, quorum or file', async () => {
    api.jobs.set('2', {
      ...STORED,
      id: '2',
      nodes: {},
      user: 'u',
      dir: '/d',
      env: {},
      file: 'raw:secret',
      capture: true,
    });
    assert.deepEqual(await get(`${ORG}/jobs`), [
      BRIEF,
      {
        ...BRIEF,
        id: '2',
        user: 'u',
        dir: '/d',
        env: {},
        capture_output: true,
        file_specified: true,
      },
    ]);
  });

  it('8.4 answers [] for none', async () => {
    api.jobs.clear();
    assert.equal((await api.as('alice', { path: `${ORG}/jobs` })).body, '[]');
  });

  it('8.5 shows exactly the keys that clients compare', async () => {
    assert.deepEqual(await get(`${ORG}/jobs/${ID}`), { nodes: STORED.nodes, ...BRIEF });
  });

  it('8.5 shows the file with include_file=true alone', async () => {
    api.jobs.set('2', { ...STORED, id: '2', nodes: {}, file: 'raw:x' });
    const shown = { nodes: {}, ...BRIEF, id: '2' };
    assert.deepEqual(await get(`${ORG}/jobs/2`), { ...shown, file_specified: true });
    assert.deepEqual(await get(`${ORG}/jobs/2?include_file=1`), { ...shown, file_specified: true });
    assert.deepEqual(await get(`${ORG}/jobs/2?include_file=true`), { ...shown, file: 'raw:x' });
  });

  it('8.5 answers 404 to any other id, S2 to those of other organizations as well', async () => {
    api.world.directory.organization = () => Promise.resolve({ id: '9'.repeat(32) });
    for (const path of [
      `${ORG}/jobs/${ID}`,
      `${ORG}/jobs/x`,
      `${ORG}/jobs/${ID}/output/a/stdout`,
    ]) {
      const accept = '*/*';
      const answer = await api.as('alice', { path, headers: { accept } });
      assert.equal(answer.status, 404);
      assert.equal(answer.headers['content-type'], 'application/json');
    }
  });

  it('8.6 gives output as it came, empty or not UTF-8', async () => {
    api.outputs.set(`${ID} a stdout`, Buffer.alloc(0));
    const path = `${ORG}/jobs/${ID}/output/a/stdout`;
    const accept = 'application/octet-stream';
    const empty = await api.as('alice', { path, headers: { accept } });
    assert.equal(empty.status, 200);
    assert.equal(empty.body, '');
    assert.equal(empty.headers['content-length'], '0');
    assert.equal(empty.headers['content-type'], 'application/octet-stream');
    api.outputs.set(`${ID} a stderr`, Buffer.from([0, 0xff, 10]));
    const bytes = await api.as('alice', { path: `${ORG}/jobs/${ID}/output/a/stderr` });
    assert.equal(bytes.headers['content-length'], '3');
  });

  it('8.6 answers 404 where nothing was captured, 406 to who wants JSON alone', async () => {
    const path = `${ORG}/jobs/${ID}/output/a/stdout`;
    assert.equal((await api.as('alice', { path })).status, 404);
    const headers = { accept: 'application/json' };
    assert.equal((await api.as('alice', { path, headers })).status, 406);
  });

  it('8.7 lists nodes', async () => {
    assert.deepEqual(await get(`${ORG}/node_states`), [
      { node_name: 'web1', availability: 'available' },
    ]);
  });

  it('8.8 knows every node', async () => {
    assert.deepEqual(await get(`${ORG}/node_states/web1`, 'web1'), {
      node_name: 'web1',
      status: 'online',
      availability: 'available',
    });
    assert.deepEqual(await get(`${ORG}/node_states/none`), {
      node_name: 'none',
      status: 'offline',
      availability: 'unavailable',
    });
  });

  it('2 collapses slashes; the signature covers the path as it was sent', async () => {
    await get('/organizations/acme//pushy/jobs');
    await get(`//organizations///acme/pushy/jobs/${ID}//`);
    assert.equal((await api.send({ path: '//pushy/_status/' })).status, 200);
    assert.equal((await api.send({ path: '/pushy/_status?x=1' })).status, 200);
  });

  it('2 does not percent-decode segments, nor stumble over any of them', async () => {
    for (const name of ['web%2F1', '%zz', '%', 'a%252Fb', 'a;b', 'constructor', 'x'.repeat(5000)]) {
      const shown = (await get(`${ORG}/node_states/${name}`)) as { node_name: string };
      assert.equal(shown.node_name, name);
    }
  });

  it('6 refuses who is not in the group of readers, with the exact body', async () => {
    api.groups.set('pushy_job_readers', ['user bob']);
    for (const path of [
      'jobs',
      `jobs/${ID}`,
      'node_states',
      'node_states/web1',
      `jobs/${ID}/output/a/stdout`,
    ]) {
      const answer = await api.as('alice', { path: `${ORG}/${path}` });
      assert.equal(answer.status, 403, path);
      assert.equal(
        answer.body,
        `{"error":["User or client 'alice' does not have access to that action on this server."]}`,
      );
    }
  });

  it('answers what is no HTTP with 400 and goes on', async () => {
    const first = await new Promise<string>((resolve, reject) => {
      const socket = connect(api.port, '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'));
      socket.once('data', (data) => {
        socket.destroy();
        resolve(data.toString());
      });
      socket.once('error', reject);
    });
    assert.match(first, /^HTTP\/1\.1 400 /);
    await get(`${ORG}/jobs`);
  });

  it('outlives a sender who goes away in the middle of a body', async () => {
    const closed = new Promise<void>((resolve, reject) => {
      const socket = connect(api.port, '127.0.0.1', () => {
        socket.write(
          'POST /pushy/_status HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{',
          () => {
            socket.destroy();
          },
        );
      });
      socket.once('close', () => {
        resolve();
      });
      socket.once('error', reject);
    });
    await closed;
    await get(`${ORG}/jobs`);
  });
});
