import assert from 'node:assert/strict';
import {
  answerFailure,
  contentFailure,
  requestFailure,
} from '../../../client/src/fetch-failure.ts';

const failing = (code: string): Error => Object.assign(new Error(`it failed: ${code}`), { code });

describe('advice for a configuration that cannot be fetched', () => {
  for (const [code, advice] of [
    ['ECONNREFUSED', /Nothing listens/],
    ['ENOTFOUND', /DNS/],
    ['EHOSTUNREACH', /firewall/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /trusted_certs_dir/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /trusted_certs_dir/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /another name/],
    ['EWHATEVER', /chef_server_url/],
  ] as const) {
    it(`tells what to do about ${code}`, () => {
      const failure = requestFailure(failing(code), 'https://x');
      assert.match(failure.advice, advice);
      assert.equal(failure.what, `it failed: ${code}`);
      assert.equal(failure.where, 'https://x');
    });
  }
  it('tells that a port does not speak TLS', () => {
    const plain = new Error(
      'write EPROTO 80E:error:0A00010B:SSL routines::wrong version number:x:\n',
    );
    const { cause, what, advice } = requestFailure(plain, 'https://x');
    assert.match(what, /number:x:$/);
    assert.equal(cause, 'answer_unreadable');
    assert.match(advice, /does not speak TLS.*http:/);
  });
  it('tells the deadline that a request missed', () => {
    const aborted = Object.assign(new Error('The operation was aborted'), {
      name: 'AbortError',
      cause: new Error('no answer within 5 s'),
    });
    assert.equal(requestFailure(aborted, 'x').what, 'no answer within 5 s');
    assert.equal(requestFailure('odd', 'x').what, 'odd');
  });
  it('tells what to do about a status', () => {
    assert.match(answerFailure(401, 'no', 'x').advice, /client_key/);
    assert.match(answerFailure(404, '', 'x').advice, /organization/);
    assert.match(answerFailure(500, 'y'.repeat(900), 'x').advice, /log of the Push Jobs server/);
    assert.ok(answerFailure(500, 'y'.repeat(900), 'x').what.length < 250);
  });
  it('tells what to do about an odd answer', () => {
    assert.match(contentFailure('answer_unreadable', 'w', 'x').advice, /log/);
    assert.equal(contentFailure('no_encryption', 'w', 'x', 'do this').advice, 'do this');
  });
});
