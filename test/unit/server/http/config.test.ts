import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { unwrapSessionKey, type AgentConfig } from '@pushy/protocol';
import { CCPK, KEYS, ORG_ID, SIGNERS, startApi, type TestApi } from '../../../helpers/api.ts';
import { sendSigned } from '../../../helpers/http.ts';

const PATH = '/organizations/acme/pushy/config/web1';
const WITH_KEY = `${PATH}?ccpk=${CCPK}&version=2.0`;

function sessionKeyOf(body: string, key: string): Buffer {
  const config = JSON.parse(body) as AgentConfig;
  return unwrapSessionKey(config.encoded_session_key, createPrivateKey(key));
}

describe('GET config/NODE (REFERENCE 8.2)', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startApi();
  });
  afterEach(() => api.close());

  it('tells a node all that it needs', async () => {
    const answer = await api.as('web1', { path: WITH_KEY });
    assert.equal(answer.status, 200);
    const { encoded_session_key, ...rest } = JSON.parse(answer.body) as AgentConfig;
    assert.equal(encoded_session_key.method, 'hmac_sha256');
    assert.deepEqual(rest, {
      type: 'config',
      host: 'push.example.com',
      push_jobs: {
        heartbeat: {
          out_addr: 'tcp://push.example.com:10000',
          command_addr: 'tcp://push.example.com:10002',
          interval: 1.5,
          offline_threshold: 3,
          online_threshold: 2,
        },
      },
      node: 'web1',
      organization: 'acme',
      public_key: '-----BEGIN PUBLIC KEY-----\nMII\n-----END PUBLIC KEY-----\n',
      curve_public_key: CCPK,
      lifetime: 3600,
      max_message_skew: 300,
      max_body_size: 65_536,
      incarnation_id: 'f4a5b2ac-7a05-4f3b-8d1a-c52d6a9e3a11',
    });
    assert.deepEqual(sessionKeyOf(answer.body, KEYS.web1.privateKey), Buffer.alloc(32, 7));
  });

  it('admits the CURVE key of a node', async () => {
    await api.as('web1', { path: WITH_KEY });
    const [admission] = api.admitted;
    assert.equal(admission?.curveKey.length, 32);
    assert.deepEqual(
      { ...admission, curveKey: undefined },
      {
        orgId: ORG_ID,
        node: 'web1',
        curveKey: undefined,
        requester: { name: 'web1', type: 'client' },
        capabilities: [],
      },
    );
  });

  it('Decision 5 agrees on capabilities with a node that names them, and keeps them with its key', async () => {
    const path = `${WITH_KEY}&capabilities=${encodeURIComponent('flight, result_ack,result_ack')}`;
    const answer = await api.as('web1', { path });
    assert.deepEqual((JSON.parse(answer.body) as AgentConfig).capabilities, ['result_ack']);
    await api.as('web1', { path: `${WITH_KEY}&capabilities=` });
    await api.as('alice', { path });
    await api.as('web1', { path: `${WITH_KEY}&look=1` });
    assert.deepEqual(
      api.admitted.map(({ capabilities }) => capabilities),
      [['result_ack'], [], [], undefined],
    );
  });

  it('Decision 5 promises a user nothing, and nobody anything where no key is kept', async () => {
    const query = 'capabilities=result_ack';
    const user = await api.as('alice', { path: `${WITH_KEY}&${query}` });
    const settings = api.world.config.settings();
    delete settings.curvePublicKey;
    api.world.config.settings = () => settings;
    const plain = await api.as('web1', { path: `${PATH}?${query}` });
    for (const { status, body } of [user, plain]) {
      assert.equal(status, 200);
      assert.equal('capabilities' in (JSON.parse(body) as object), false);
    }
  });

  it('S3 gives a user a configuration with a key that is thrown away', async () => {
    const answer = await api.as('alice', { path: WITH_KEY });
    assert.equal(answer.status, 200);
    assert.deepEqual(sessionKeyOf(answer.body, KEYS.alice.privateKey), Buffer.alloc(32, 9));
    assert.deepEqual(api.admitted[0]?.requester, { name: 'alice', type: 'user' });
  });

  it('S1 admits no key of a request that is refused, at whatever step', async () => {
    const forged = { userId: 'web1', key: SIGNERS.eve.key };
    const statuses = [
      (await api.send({ path: WITH_KEY })).status,
      (await sendSigned(forged, { port: api.port, path: WITH_KEY })).status,
      (await api.as('eve', { path: WITH_KEY })).status,
      (await api.as('web1', { path: WITH_KEY.replace('web1', 'web2') })).status,
      (await api.as('web1', { path: WITH_KEY, headers: { accept: 'text/html' } })).status,
      (await api.as('web1', { path: WITH_KEY.replace('acme', 'nope') })).status,
    ];
    assert.deepEqual(statuses, [400, 401, 403, 403, 406, 404]);
    assert.deepEqual(api.admitted, []);
  });

  const bad: readonly (readonly [what: string, query: string, status: number, error: string])[] = [
    ['absent', '', 400, 'Missing ccpk'],
    ['absent, with others', '?version=2.0', 400, 'Missing ccpk'],
    ['too short', '?ccpk=123', 401, 'Bad ccpk'],
    ['empty', '?ccpk=', 401, 'Bad ccpk'],
    ['too long', `?ccpk=${CCPK}1`, 401, 'Bad ccpk'],
    ['H7 of the right length but no Z85', `?ccpk=${'~'.repeat(40)}`, 400, 'Bad ccpk'],
    ['H7 beyond 32 bits a group', `?ccpk=${'%23'.repeat(40)}`, 400, 'Bad ccpk'],
  ];
  for (const [what, query, status, error] of bad) {
    it(`a ccpk ${what}: ${status}`, async () => {
      const answer = await api.as('web1', { path: PATH + query });
      assert.equal(answer.status, status);
      assert.equal(answer.body, JSON.stringify({ error: [error] }));
      assert.equal(answer.headers['www-authenticate'], undefined);
    });
  }

  it('takes a ccpk with every character that a URL must encode', async () => {
    const key = 'abcde+%&#?=@$(){}[]<>*/^!:.-0123ABCDEFGH';
    assert.equal(key.length, 40);
    const answer = await api.as('web1', { path: `${PATH}?ccpk=${encodeURIComponent(key)}` });
    assert.equal(answer.status, 200, answer.body);
  });

  it('3 step 7 judges the ccpk behind the headers and before the requester', async () => {
    assert.equal((await api.send({ path: PATH })).status, 400);
    assert.equal((await api.as('nobody', { path: PATH })).body, '{"error":["Missing ccpk"]}');
    assert.deepEqual(api.asked, []);
  });

  it('W2 without CURVE needs no ccpk, names no key and admits none', async () => {
    const settings = api.world.config.settings();
    delete settings.curvePublicKey;
    api.world.config.settings = () => settings;
    const answer = await api.as('web1', { path: `${PATH}?ccpk=short` });
    assert.equal(answer.status, 200);
    assert.equal('curve_public_key' in (JSON.parse(answer.body) as object), false);
    assert.deepEqual(api.admitted, []);
  });
});
