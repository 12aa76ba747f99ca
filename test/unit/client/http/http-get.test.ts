import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createPlain } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { join } from 'node:path';
import { httpGet } from '../../../../client/src/http/http-get.ts';
import { requestFailure } from '../../../../client/src/link/fetch-failure.ts';
import type { Proxy } from '../../../../client/src/http/proxy.ts';
import { readTrust, type TrustSettings } from '../../../../client/src/http/trust.ts';
import { newCertificate } from '../../../helpers/certificate.ts';
import { startProxy, type TestProxy } from '../../../helpers/proxy.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

const unset: TrustSettings = {
  verifyMode: 'verify_peer',
  verifyApiCert: false,
  caPath: undefined,
  caFile: undefined,
  certFile: undefined,
  certDir: undefined,
  trustedCertsDir: undefined,
  clientCert: undefined,
  clientKey: undefined,
};

describe('trust in the server (ADDON F.2)', () => {
  let dir: string;
  let remove: () => Promise<void>;
  let server: Server;
  let url: URL;
  let cert: string;
  let key: string;
  let otherCert: string;
  let clients: (string | undefined)[];

  before(async () => {
    [dir, remove] = await makeTempDir();
    cert = join(dir, 'server.crt');
    key = join(dir, 'server.key');
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const pair = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', ...pair, '-days', '2', ...subject], {
      stdio: 'ignore',
    });
    otherCert = join(dir, 'other.crt');
    writeFileSync(otherCert, newCertificate('other').cert);
    const options = {
      cert: readFileSync(cert),
      key: readFileSync(key),
      requestCert: true,
      rejectUnauthorized: false,
    };
    clients = [];
    server = createServer(options, (request, response) => {
      const { socket } = request;
      assert.ok(socket instanceof TLSSocket);
      clients.push(socket.getPeerX509Certificate()?.subject);
      if (request.url === '/much') response.end(Buffer.alloc(2_000_000));
      else response.writeHead(request.url === '/no' ? 404 : 200).end('hello');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = new URL(`https://localhost:${(server.address() as AddressInfo).port}/`);
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await remove();
  });

  const get = (settings: Partial<TrustSettings>, to = url, proxy?: Proxy) =>
    httpGet({
      url: to,
      headers: {},
      proxy,
      trust: readTrust({ ...unset, ...settings }),
      signal: new AbortController().signal,
    });

  it('refuses a certificate that nobody here trusts, with advice', async () => {
    await assert.rejects(get({}), (error: unknown) => {
      assert.match(requestFailure(error, 'x').advice, /trusted_certs_dir/);
      return true;
    });
  });
  it('takes it with ssl_verify_mode :verify_none, unless verify_api_cert is true', async () => {
    const { status, body } = await get({ verifyMode: 'verify_none' });
    assert.deepEqual([status, body], [200, 'hello']);
    await assert.rejects(get({ verifyMode: 'verify_none', verifyApiCert: true }));
  });
  it('takes it where it is in trusted_certs_dir, beside the authorities that everybody trusts', async () => {
    const trusted = join(dir, 'trusted_certs');
    mkdirSync(trusted);
    copyFileSync(cert, join(trusted, 'localhost.crt'));
    copyFileSync(key, join(trusted, 'notes.txt'));
    assert.equal((await get({ trustedCertsDir: trusted })).status, 200);
    const trust = readTrust({ ...unset, trustedCertsDir: trusted });
    assert.deepEqual([trust.ca?.length, trust.isBesides], [1, true]);
  });
  it('takes it by ssl_ca_file and by ssl_ca_path, which wins', async () => {
    assert.equal((await get({ caFile: cert })).status, 200);
    const path = join(dir, 'ca');
    mkdirSync(path);
    copyFileSync(cert, join(path, 'ab12cd34.0'));
    assert.equal((await get({ caPath: path, caFile: '/not/there' })).status, 200);
  });
  it('takes it by SSL_CERT_FILE, where no setting says otherwise, and by a directory of SSL_CERT_DIR beside the rest', async () => {
    assert.equal((await get({ certFile: cert })).status, 200);
    assert.throws(
      () => readTrust({ ...unset, certFile: '/not/there' }),
      /^AgentError: SSL_CERT_FILE: .*ENOENT/,
    );
    await assert.rejects(get({ caFile: otherCert, certFile: cert }));
    const system = join(dir, 'system');
    mkdirSync(system);
    copyFileSync(cert, join(system, 'ab12cd34.0'));
    const certDir = `/not/there:${system}`;
    assert.equal((await get({ certDir })).status, 200);
    await assert.rejects(get({ caFile: otherCert, certDir }));
  });
  it('takes ssl_ca_path as it is found on hosts: with other files, dead links and directories', async () => {
    const path = join(dir, 'certs');
    mkdirSync(join(path, 'java'), { recursive: true });
    writeFileSync(join(path, 'Makefile'), 'all:\n');
    symlinkSync('/not/there.pem', join(path, 'dead.0'));
    symlinkSync(join(path, 'java'), join(path, 'link'));
    assert.throws(
      () => readTrust({ ...unset, caPath: path }),
      /ssl_ca_path: .*holds no certificate/,
    );
    copyFileSync(cert, join(path, 'ab12cd34.0'));
    assert.equal((await get({ caPath: path })).status, 200);
  });
  it('refuses a trusted certificate for another name', async () => {
    const other = new URL(url.href.replace('localhost', '127.0.0.1'));
    await assert.rejects(get({ caFile: cert }, other), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });
  it("shows the client's own certificate", async () => {
    await get({ caFile: cert, clientCert: cert, clientKey: key });
    assert.equal(clients.at(-1), 'CN=localhost');
  });
  it('gives any status, and refuses an answer that is too large', async () => {
    assert.equal((await get({ caFile: cert }, new URL('/no', url))).status, 404);
    await assert.rejects(get({ caFile: cert }, new URL('/much', url)), /too large/);
  });
  describe('through a proxy', () => {
    let proxy: TestProxy;
    before(async () => {
      proxy = await startProxy('Basic bWU6cHc=');
    });
    after(() => proxy.close());
    const via = (own: Partial<Proxy> = {}): Proxy => ({
      host: '127.0.0.1',
      port: proxy.port,
      authorization: 'Basic bWU6cHc=',
      ...own,
    });

    it('asks an https server through a tunnel, and verifies it as ever', async () => {
      assert.equal((await get({ caFile: cert }, url, via())).body, 'hello');
      assert.equal(proxy.seen.at(-1), `CONNECT localhost:${url.port}`);
      const other = new URL(url.href.replace('localhost', '127.0.0.1'));
      await assert.rejects(get({ caFile: cert }, other, via()), {
        code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      });
      await assert.rejects(get({}, url, via()), (error: unknown) => {
        assert.match(requestFailure(error, 'x').advice, /trusted_certs_dir/);
        return true;
      });
    });
    it("shows the client's own certificate through the tunnel", async () => {
      await get({ caFile: cert, clientCert: cert, clientKey: key }, url, via());
      assert.equal(clients.at(-1), 'CN=localhost');
    });
    it('asks an http server by its whole URL', async () => {
      const plain = createPlain((request, response) => {
        response.end(`${request.url ?? ''} at ${request.headers.host ?? ''}`);
      });
      await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
      try {
        const host = `localhost:${(plain.address() as AddressInfo).port}`;
        const { body } = await get({}, new URL(`http://${host}/a?b=c`), via());
        assert.equal(body, `/a?b=c at ${host}`);
        assert.equal(proxy.seen.at(-1), `GET http://${host}/a?b=c`);
      } finally {
        plain.close();
      }
    });
    it('says what a proxy said that refused, and what to look at', async () => {
      await assert.rejects(get({ caFile: cert }, url, via({ authorization: 'Basic x' })), (e) => {
        const { what, advice } = requestFailure(e, 'x');
        assert.match(what, /the proxy 127\.0\.0\.1:\d+ answered 407 .* when asked for localhost:/);
        assert.match(advice, /https_proxy/);
        return true;
      });
    });
    it('says which proxy cannot be reached', async () => {
      await assert.rejects(get({}, url, via({ port: 1 })), {
        code: 'proxy',
        message: /the proxy 127\.0\.0\.1:1: .*ECONNREFUSED/,
      });
    });
    it('ends with its signal while the proxy is silent', async () => {
      const end = new AbortController();
      const silent = new URL('https://silent.example.com/');
      const trust = { rejectUnauthorized: true };
      const asked = proxy.silence();
      const waiting = httpGet({
        url: silent,
        headers: {},
        trust,
        proxy: via(),
        signal: end.signal,
      });
      await asked;
      end.abort(new Error('enough'));
      await assert.rejects(waiting, { name: 'AbortError' });
    });
  });

  it('ends with its signal', async () => {
    const end = new AbortController();
    const waiting = httpGet({
      url,
      headers: {},
      trust: { rejectUnauthorized: false },
      signal: end.signal,
    });
    end.abort(new Error('enough'));
    await assert.rejects(waiting, { name: 'AbortError' });
  });
});
