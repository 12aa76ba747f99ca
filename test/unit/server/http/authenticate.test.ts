import assert from 'node:assert/strict';
import { signRequest } from 'mixlib-authentication-ts';
import { ServerError } from '../../../../server/src/errors.ts';
import { KEYS, SIGNERS, startApi, type TestApi } from '../../../helpers/api.ts';
import { sendSigned, type HttpAnswer } from '../../../helpers/http.ts';
import { newKeyPair } from '../../../helpers/keys.ts';

const JOBS = '/organizations/acme/pushy/jobs';
const NAMES = ['X-Ops-UserId', 'X-Ops-Timestamp', 'X-Ops-Sign', 'X-Ops-Content-Hash'] as const;

/** Headers of alice for GET jobs, some of them replaced or left out. */
function signedHeaders(change: Record<string, string | undefined> = {}): Record<string, string> {
  const headers = {
    ...signRequest({ method: 'GET', path: JOBS }, SIGNERS.alice, Date.now()),
    ...change,
  };
  return Object.fromEntries(
    Object.entries(headers).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])),
  );
}

function expect(answer: HttpAnswer, status: number, error: string, challenged: boolean): void {
  assert.equal(answer.body, JSON.stringify({ error: [error] }));
  assert.equal(answer.status, status);
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.equal(answer.headers['content-length'], String(Buffer.byteLength(answer.body)));
  assert.equal(
    answer.headers['www-authenticate'],
    challenged ? 'X-Ops-Sign version="1.0" version="1.1"' : undefined,
  );
}

describe('authentication of HTTP requests', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startApi();
  });
  afterEach(() => api.close());

  it('4.3 row 1 names all headers that are missing, in their order', async () => {
    const answer = await api.send({ path: JOBS });
    const names = NAMES.map((n) => `'${n}'`).join(', ');
    expect(answer, 400, `missing required authentication header(s) ${names}`, false);
  });

  for (const name of NAMES) {
    it(`4.3 row 1 counts an empty ${name} as missing, like an absent one`, async () => {
      const text = `missing required authentication header(s) '${name}'`;
      expect(
        await api.send({ path: JOBS, headers: signedHeaders({ [name]: '' }) }),
        400,
        text,
        false,
      );
      const without = signedHeaders({ [name]: undefined });
      expect(await api.send({ path: JOBS, headers: without }), 400, text, false);
    });
  }

  for (const timestamp of ['yesterday', '2026-11-21T09:00:00.5Z', '2026-11-21T09:00:00+00:00']) {
    it(`4.3 row 2 refuses the timestamp ${timestamp}`, async () => {
      const headers = signedHeaders({ 'X-Ops-Timestamp': timestamp });
      expect(
        await api.send({ path: JOBS, headers }),
        401,
        "bad header(s) 'X-Ops-Timestamp'",
        false,
      );
    });
  }

  // A clock that is ahead comes nearer while the request is on its way.
  for (const off of [-901_000, 960_000]) {
    it(`4.3 row 3 refuses a clock that is ${off / 1000} s off`, async () => {
      const answer = await sendSigned(
        SIGNERS.alice,
        { port: api.port, path: JOBS },
        Date.now() + off,
      );
      const text = 'Failed to authenticate as alice. Synchronize the clock on your host.';
      expect(answer, 401, text, false);
    });
  }

  for (const sign of ['version=2.0', 'algorithm=sha256;version=1.1', 'algorithm=sha1', 'garbage']) {
    it(`4.3 row 4 refuses the signing description ${sign}`, async () => {
      const headers = signedHeaders({ 'X-Ops-Sign': sign });
      const answer = await api.send({ path: JOBS, headers });
      expect(answer, 400, 'Unsupported authentication protocol version', false);
    });
  }

  it('4.3 row 5 does not know the organization', async () => {
    const answer = await api.as('alice', { path: '/organizations/nope/pushy/jobs' });
    expect(answer, 404, "organization 'nope' does not exist.", false);
  });

  it('4.3 row 6 does not know the requester', async () => {
    const text =
      "Failed to authenticate as 'nobody'. Ensure that your node_name and client key are correct.";
    expect(await api.as('nobody', { path: JOBS }), 401, text, true);
  });

  it('4.3 row 7 refuses whoever is not in the organization, whatever the signature', async () => {
    const signer = { userId: 'eve', key: newKeyPair().privateKey };
    const answer = await sendSigned(signer, { port: api.port, path: JOBS });
    expect(answer, 403, "'eve' is not associated with organization 'acme'", false);
  });

  const wrong: Record<string, () => Promise<HttpAnswer>> = {
    'another key': () =>
      sendSigned({ ...SIGNERS.alice, key: KEYS.web1.privateKey }, { port: api.port, path: JOBS }),
    'another path': () => api.send({ path: `${JOBS}/1`, headers: signedHeaders() }),
    'another method': () =>
      api.send({
        method: 'POST',
        path: JOBS,
        headers: signedHeaders(),
        body: '{"command":"c","nodes":["n"]}',
      }),
    'another user': () =>
      api.send({ path: JOBS, headers: signedHeaders({ 'X-Ops-UserId': 'web1' }) }),
    'another content hash': () =>
      api.send({ path: JOBS, headers: signedHeaders({ 'X-Ops-Content-Hash': 'AAAA' }) }),
    'a body that was not signed': () =>
      api.send({ path: JOBS, headers: { ...signedHeaders(), 'content-length': '2' }, body: '{}' }),
    'a missing first line': () =>
      api.send({ path: JOBS, headers: signedHeaders({ 'X-Ops-Authorization-1': undefined }) }),
    'a missing middle line': () =>
      api.send({ path: JOBS, headers: signedHeaders({ 'X-Ops-Authorization-3': undefined }) }),
  };
  for (const [what, ask] of Object.entries(wrong)) {
    it(`4.3 row 8 refuses ${what}`, async () => {
      const name = what === 'another user' ? 'web1' : 'alice';
      expect(await ask(), 401, `Invalid signature for user or client '${name}'`, true);
    });
  }

  it('4.3 row 9 says that the Chef server cannot be reached', async () => {
    api.world.directory.principals = () =>
      Promise.reject(new ServerError('directory_unreachable', 'connect ECONNREFUSED'));
    const answer = await api.as('alice', { path: JOBS });
    expect(answer, 502, 'Failed to connect to erchef to get key: connect ECONNREFUSED', false);
  });

  it('REFERENCE 3 step 8 answers 502, with a sentence, to every other failure of the Chef server, and logs it', async () => {
    api.world.directory.organization = () =>
      Promise.reject(new ServerError('directory_failed', 'the Chef server answered 500'));
    const answer = await api.as('alice', { path: JOBS });
    expect(answer, 502, 'The Chef server could not be asked: the Chef server answered 500', false);
    assert.ok(
      api.logged.some(({ message }) => message.startsWith('request needs the Chef server')),
    );
  });

  for (const version of ['1.0', '1.1', '1.2', '1.3'] as const) {
    it(`4.1 takes signatures of version ${version}`, async () => {
      const answer = await sendSigned(
        { ...SIGNERS.alice, version },
        { port: api.port, path: JOBS },
      );
      assert.equal(answer.status, 200);
    });
  }

  it('REFERENCE 5 tries every key of a name; the one that fits says who asks', async () => {
    const [old, current] = [newKeyPair(), newKeyPair()];
    api.world.directory.principals = () =>
      Promise.resolve({
        found: 'principals',
        reused: false,
        principals: [
          { name: 'both', type: 'user', publicKey: old.publicKey },
          { name: 'both', type: 'user', publicKey: 'no key at all' },
          { name: 'both', type: 'client', publicKey: current.publicKey },
        ],
      });
    api.groups.set('pushy_job_readers', ['client both']);
    const ask = (key: string) =>
      sendSigned({ userId: 'both', key }, { port: api.port, path: JOBS });
    assert.equal((await ask(current.privateKey)).status, 200);
    assert.equal((await ask(old.privateKey)).status, 403);
  });

  it('Decision 6 asks again when a key that is a few seconds old does not fit', async () => {
    const renewed = newKeyPair();
    const asked: (boolean | undefined)[] = [];
    api.world.directory.principals = (_, name, how) => {
      asked.push(how?.fresh);
      const { publicKey } = how?.fresh === true ? renewed : KEYS.alice;
      return Promise.resolve({
        found: 'principals',
        principals: [{ name, type: 'user', publicKey }],
        reused: how?.fresh !== true,
      });
    };
    const ask = (key: string) =>
      sendSigned({ userId: 'alice', key }, { port: api.port, path: JOBS });
    assert.equal((await ask(renewed.privateKey)).status, 200);
    assert.deepEqual(asked, [undefined, true]);
    assert.equal((await ask(KEYS.web1.privateKey)).status, 401);
  });
});
