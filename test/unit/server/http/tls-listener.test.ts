import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { connect } from 'node:tls';
import { signRequest } from 'mixlib-authentication-ts';
import { listenTls, type TlsListener } from '../../../../server/src/http/tls-listener.ts';
import { SIGNERS, startApi, type App, type TestApi } from '../../../helpers/api.ts';
import { newCertificate } from '../../../helpers/certificate.ts';
import { quietLog } from '../../../helpers/logs.ts';

describe('the TLS listener', () => {
  const first = newCertificate('first');
  let api: TestApi;
  let tls: TlsListener;
  let app: App;
  beforeEach(async () => {
    api = await startApi({}, (made) => {
      app = made;
    });
    app.server.maxConnections = 11;
    tls = await listenTls({ app, host: '127.0.0.1', port: 0, files: first, log: quietLog });
  });
  afterEach(async () => {
    await tls.close();
    await api.close();
  });

  /** The name in the certificate that a new connection sees. */
  const nameShown = async (): Promise<unknown> => {
    const socket = connect({ port: tls.port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return subject.CN;
  };

  it('serves the API, and the uri of a job begins with https', async () => {
    const path = '/organizations/acme/pushy/jobs';
    const body = JSON.stringify({ command: 'x', nodes: ['a'] });
    const signed = signRequest({ method: 'POST', path, body }, SIGNERS.alice, Date.now());
    const made = request({
      ...{ host: '127.0.0.1', port: tls.port, method: 'POST', path, ca: first.cert, agent: false },
      servername: 'localhost',
      headers: { ...signed, host: 'push.example.com', 'content-type': 'application/json' },
    });
    made.end(body);
    const [response] = (await once(made, 'response')) as [IncomingMessage];
    response.resume();
    assert.equal(response.statusCode, 201);
    assert.match(
      String(response.headers.location),
      /^https:\/\/push\.example\.com\/organizations\/acme\/pushy\/jobs\/[0-9a-f]{32}$/,
    );
  });

  it('shows a renewed certificate to new connections', async () => {
    assert.equal(await nameShown(), 'first');
    tls.renew(newCertificate('second'));
    assert.equal(await nameShown(), 'second');
  });

  it('takes nothing older than TLS 1.2', async () => {
    const socket = connect({
      ...{ port: tls.port, host: '127.0.0.1', rejectUnauthorized: false },
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    });
    await assert.rejects(once(socket, 'secureConnect'), /SSL|ECONNRESET/);
  });

  it('shares the number of connections with the plain listener', () => {
    assert.deepEqual([app.server.maxConnections, tls.server.maxConnections], [6, 6]);
  });

  it('tells the bounds of the API of connections that were too many', async () => {
    tls.server.maxConnections = 1;
    const dropped = once(app.server, 'drop', { signal: AbortSignal.timeout(5000) });
    const sockets = [1, 2].map(() => connectPlain(tls.port, '127.0.0.1'));
    for (const socket of sockets) socket.on('error', () => undefined);
    try {
      await dropped;
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  it('says where it cannot listen', async () => {
    await assert.rejects(
      listenTls({ app, host: '127.0.0.1', port: tls.port, files: first, log: quietLog }),
      { code: 'EADDRINUSE' },
    );
  });
});
