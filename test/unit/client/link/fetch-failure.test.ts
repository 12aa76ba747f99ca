import assert from 'node:assert/strict';
import {
  answerFailure,
  contentFailure,
  requestFailure,
} from '../../../../client/src/link/fetch-failure.ts';

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
    assert.equal(cause, 'scheme_wrong');
    assert.equal(what, 'what answers there does not speak TLS');
    assert.match(advice, /begin with http:/);
  });
  it('tells that a port wants TLS, by an alert of TLS or by the page of nginx', () => {
    const alert = Object.assign(failing('HPE_INVALID_CONSTANT'), {
      rawPacket: Buffer.from([0x15, 3, 3, 0, 2, 2, 70]),
    });
    const page = '<title>400 The plain HTTP request was sent to HTTPS port</title>';
    for (const failure of [requestFailure(alert, 'x'), answerFailure(400, page, 'x')]) {
      assert.equal(failure.cause, 'scheme_wrong');
      assert.equal(failure.what, 'what answers there wants TLS');
      assert.match(failure.advice, /begin with https:/);
    }
    const other = Object.assign(failing('HPE_INVALID_CONSTANT'), {
      rawPacket: Buffer.from('SSH-2.0'),
    });
    const { cause, advice } = requestFailure(other, 'x');
    assert.equal(cause, 'answer_unreadable');
    assert.match(advice, /does not speak HTTP/);
    assert.equal(answerFailure(400, 'other', 'x').cause, 'request_refused');
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
