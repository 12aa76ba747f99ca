import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { answerClientError } from '../../../../server/src/http/client-error.ts';
import { startApi, type TestApi } from '../../../helpers/api.ts';

/** Sends bytes and answers everything that comes until the server closes. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (data) => (got += data.toString()));
    socket.on('error', reject);
    socket.on('close', () => {
      resolve(got);
    });
  });
}

function shapeOf(answer: string): { status: number; type: string; body: unknown } {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  assert.match(head, new RegExp(`content-length: ${Buffer.byteLength(body)}\\r?`, 'i'));
  return {
    status: Number(head.split(' ')[1]),
    type: /content-type: (\S+)/i.exec(head)?.[1] ?? '',
    body: JSON.parse(body),
  };
}

describe('what the HTTP parser refuses (H8)', () => {
  let api: TestApi;
  before(async () => {
    api = await startApi();
  });
  after(() => api.close());

  it('H8 answers 400 with a JSON body to what is no HTTP', async () => {
    for (const nonsense of [
      'NONSENSE\r\n\r\n',
      'GET / HTTP/1.1\r\nhost : x\r\n\r\n',
      '\x16\x03\x01',
    ]) {
      assert.deepEqual(shapeOf(await exchange(api.port, nonsense)), {
        status: 400,
        type: 'application/json',
        body: { error: ['This is not an HTTP request.'] },
      });
    }
  });

  it('H8 answers 431 to headers that are too long', async () => {
    const long = `GET /pushy/_status HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`;
    assert.deepEqual(shapeOf(await exchange(api.port, long)), {
      status: 431,
      type: 'application/json',
      body: { error: ['The headers of the request are too long.'] },
    });
  });

  it('Decision 16: 400 for a method that HTTP does not know, 501 for one that the API does not; CONNECT is cut off', async () => {
    const ask = (method: string, target = '/pushy/_status'): Promise<string> =>
      exchange(api.port, `${method} ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    assert.match(await ask('FROB'), /^HTTP\/1\.1 400 /);
    assert.match(await ask('PATCH'), /^HTTP\/1\.1 501 /);
    assert.equal(await ask('CONNECT', 'x:1'), '');
    assert.match(await ask('GET'), /^HTTP\/1\.1 200 /);
  });

  const answerTo = (code: string, more: object = {}): Promise<string> =>
    new Promise((resolve) => {
      let written = '';
      const socket = Object.assign(
        new Duplex({
          read: () => undefined,
          write(chunk: Buffer, _, done) {
            written += chunk.toString();
            done();
          },
        }),
        more,
      );
      socket.on('close', () => {
        resolve(written);
      });
      answerClientError(Object.assign(new Error('parser'), { code }), socket as never);
    });

  it('H8 answers 408 to a request that does not arrive in time', async () => {
    assert.deepEqual(shapeOf(await answerTo('ERR_HTTP_REQUEST_TIMEOUT')), {
      status: 408,
      type: 'application/json',
      body: { error: ['The request did not arrive in time.'] },
    });
  });

  it('says nothing to a sender who is gone, nor in the middle of an answer', async () => {
    assert.equal(await answerTo('ECONNRESET'), '');
    assert.equal(await answerTo('HPE_INVALID', { _httpMessage: { headersSent: true } }), '');
    assert.match(await answerTo('HPE_INVALID', { _httpMessage: { headersSent: false } }), / 400 /);
  });
});
