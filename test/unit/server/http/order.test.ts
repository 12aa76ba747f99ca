import assert from 'node:assert/strict';
import { signRequest } from 'mixlib-authentication-ts';
import { SIGNERS, startApi, type TestApi } from '../../../helpers/api.ts';
import { send, sendSigned } from '../../../helpers/http.ts';

const ORG = '/organizations/acme/pushy';
const GOOD = '{"command":"c","nodes":["n"]}';

/** A request that is wrong in every way from a step of REFERENCE 3 on, and right before it. */
interface Wrongs {
  path: string;
  method: string;
  /** Signed by whom, and when (ms off). */
  signer: keyof typeof SIGNERS | 'none';
  off: number;
  body: string;
  accept: string;
  type: string;
  forged: boolean;
}

const worst: Wrongs = {
  path: '/organizations/acme/pushy/nothing',
  method: 'PATCH',
  signer: 'none',
  off: 0,
  body: `"${'x'.repeat(1_000_000)}"`,
  accept: 'text/plain',
  type: 'text/plain',
  forged: false,
};

/** Each row repairs what the row before was refused for; the first step that fails answers (REFERENCE 3). */
const steps: readonly (readonly [step: string, repair: Partial<Wrongs>, status: number])[] = [
  ['1 the route', {}, 404],
  ['2 an unknown method', { path: `${ORG}/jobs` }, 501],
  ['3 a method that is not allowed', { method: 'PUT' }, 405],
  ['4 the headers', { method: 'POST' }, 400],
  ['4 the clock', { signer: 'nobody', off: 1_000_000 }, 401],
  ['5 the size', { off: 0 }, 413],
  ['6 the job', { body: '{"nodes":["n"]}' }, 400],
  ['8 the organization', { body: GOOD, path: '/organizations/nope/pushy/jobs' }, 404],
  ['8 the requester', { path: `${ORG}/jobs` }, 401],
  ['8 the membership', { signer: 'eve' }, 403],
  ['8 the signature', { signer: 'web1', forged: true }, 401],
  ['9 the group', { forged: false }, 403],
  ['10 Accept', { signer: 'alice' }, 406],
  ['12 Content-Type', { accept: 'application/json' }, 415],
  ['13 success', { type: 'application/json;charset=utf-8' }, 201],
];

async function ask(port: number, w: Wrongs): Promise<number> {
  const headers: Record<string, string> = { accept: w.accept, 'content-type': w.type };
  const what = { port, method: w.method, path: w.path, headers, body: w.body };
  if (w.signer === 'none') return (await send(what)).status;
  const signer = w.forged ? { ...SIGNERS[w.signer], key: SIGNERS.eve.key } : SIGNERS[w.signer];
  return (await sendSigned(signer, what, Date.now() + w.off)).status;
}

describe('the order of judgement (REFERENCE 3)', () => {
  let api: TestApi;
  before(async () => {
    api = await startApi();
  });
  after(() => api.close());

  let wrongs = worst;
  for (const [step, repair, status] of steps) {
    wrongs = { ...wrongs, ...repair };
    const row = wrongs;
    it(`step ${step}: ${status}`, async () => {
      assert.equal(await ask(api.port, row), status);
    });
  }

  it('judges a job body before anybody is asked who sent it', async () => {
    api.asked.length = 0;
    const answer = await sendSigned(SIGNERS.nobody, {
      port: api.port,
      method: 'POST',
      path: `${ORG}/jobs`,
      body: '[]',
    });
    assert.equal(answer.status, 400);
    assert.deepEqual(api.asked, []);
  });

  it('answers 406 before 404: the wrong Accept on a job that does not exist', async () => {
    const answer = await api.as('alice', {
      path: `${ORG}/jobs/none`,
      headers: { accept: 'text/html' },
    });
    assert.equal(answer.status, 406);
  });

  it('answers 405 to whoever, without authentication, and names what is allowed', async () => {
    const refused = [
      ['POST', `${ORG}/jobs/1`, 'GET'],
      ['GET', `${ORG}/jobs/1/stop`, 'POST'],
      ['DELETE', `${ORG}/jobs/1/delete`, 'POST'],
      ['PUT', `${ORG}/jobs`, 'GET, POST'],
      ['DELETE', `${ORG}/jobs/1`, 'GET'],
      ['PUT', `${ORG}/config/web1`, 'GET'],
      ['POST', `${ORG}/node_states`, 'GET'],
      ['POST', `${ORG}/node_states/web1`, 'GET'],
      ['POST', `${ORG}/jobs/1/output/web1/stdout`, 'GET'],
      ['POST', `${ORG}/job_status_feed`, 'GET'],
      ['DELETE', `${ORG}/job_status_feed/1`, 'GET'],
      ['OPTIONS', `${ORG}/jobs`, 'GET, POST'],
      ['TRACE', `${ORG}/jobs`, 'GET, POST'],
      ['POST', '/pushy/_status', 'GET'],
      ['PUT', '/pushy/_status', 'GET'],
      ['DELETE', '/pushy/_status', 'GET'],
    ] as const;
    for (const [method, path, allow] of refused) {
      const answer = await api.send({ method, path });
      assert.equal(answer.status, 405, `${method} ${path}`);
      assert.equal(answer.headers.allow, allow, `${method} ${path}`);
    }
    for (const path of ['/pushy/_status', `${ORG}/job_status_feed`, `${ORG}/job_status_feed/1`]) {
      assert.equal((await api.send({ method: 'HEAD', path })).status, 405);
    }
  });

  it('2 answers 404 for every other path and every method', async () => {
    const paths = [
      '/',
      '/pushy',
      '/organizations/acme',
      ORG,
      `${ORG}/config/`,
      `${ORG}/jobs/1/output/web1/stdin`,
      `${ORG}/jobs/1/output/web1`,
      `${ORG}/jobs/1/2`,
      '/pushy/_status/x',
      `${ORG}/jobs_status_feed`,
      `${ORG}/job_status_feed/1/2`,
    ];
    for (const path of paths) {
      for (const method of ['GET', 'PUT', 'POST', 'DELETE']) {
        const answer = await api.send({ method, path });
        assert.equal(answer.status, 404, `${method} ${path}`);
        assert.equal(answer.headers['content-type'], 'application/json');
      }
    }
  });

  it('413 says the limit, as a bare text; exactly 1,000,000 bytes are read', async () => {
    const tooLong = await api.post('x'.repeat(1_000_001));
    assert.equal(tooLong.status, 413);
    assert.equal(tooLong.body, '{"error":"JSON must be no more than 1000000 bytes."}');
    const job = '{"command":"c","nodes":["n"],"dir":""}';
    const exact = await api.post(job.replace('""', `"${'d'.repeat(1_000_000 - job.length)}"`));
    assert.equal(exact.status, 201);
  });

  it('counts the bytes of a body without a length', async () => {
    const body = 'x'.repeat(1_000_001);
    const headers = signRequest(
      { method: 'POST', path: `${ORG}/jobs`, body },
      SIGNERS.alice,
      Date.now(),
    );
    const answer = await send({
      port: api.port,
      method: 'POST',
      path: `${ORG}/jobs`,
      headers: { ...headers, 'transfer-encoding': 'chunked' },
      body,
    });
    assert.equal(answer.status, 413);
  });

  it('413 is for a POST alone: a body too long for a GET is 400', async () => {
    const body = 'x'.repeat(1_000_001);
    const headers = { 'content-length': String(body.length) };
    const answer = await api.as('alice', { path: `${ORG}/jobs`, body, headers });
    assert.equal(answer.status, 400);
    assert.equal(
      answer.body,
      '{"error":["The body of a GET must be no more than 1000000 bytes."]}',
    );
    const short = await api.as('alice', {
      path: `${ORG}/jobs`,
      body: 'x',
      headers: { 'content-length': '1' },
    });
    assert.equal(short.status, 200);
  });

  it('takes a Content-Type that cannot be read for what it is: 415, at its turn', async () => {
    assert.equal((await api.post(GOOD, { 'content-type': 'garbage' })).status, 415);
    assert.equal((await api.post('[]', { 'content-type': 'garbage' })).status, 400);
  });

  it('503 with a sentence while the database is away (Decision 2)', async () => {
    api.world.starter.start = () => Promise.reject(new Error('database away'));
    const answer = await api.post(GOOD);
    assert.equal(answer.status, 503);
    assert.equal(answer.body, '{"error":["The database is not available. Try again later."]}');
    api.world.starter.start = () => Promise.reject(new Error('a bug with a secret in it'));
    assert.match(JSON.stringify(api.logged), /request needs the database, which is away/);
    const bug = await api.post(GOOD);
    assert.equal(bug.status, 500);
    assert.ok(!bug.body.includes('secret'));
  });
});
