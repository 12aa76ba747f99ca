import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTls } from '../../../knife-bridge/src/tls.ts';
import { makeCliWorld, type CliWorld } from '../../helpers/cli-world.ts';
import { startFakePushServer, type FakePushServer } from '../../helpers/fake-push-server.ts';
import { runOk } from '../../helpers/run.ts';

describe('TLS', () => {
  let dir: string;
  let world: CliWorld;
  let server: FakePushServer;
  let cert: string;
  let key: string;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'pushy-tls-'));
    [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
    const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const kind = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key];
    await runOk('openssl', [...kind, '-out', cert, ...names], { timeoutMs: 10_000 });
    world = await makeCliWorld();
    server = await startFakePushServer({
      cert: readFileSync(cert, 'utf8'),
      key: readFileSync(key, 'utf8'),
    });
    world.write('.chef/bob.pem', server.addUser('bob'));
  });
  after(async () => {
    await server.close();
    await world.close();
    rmSync(dir, { recursive: true });
  });
  const configure = (...lines: string[]): void => {
    world.configure(`chef_server_url '${server.url}'`, ...lines);
  };

  it('is refused for a certificate that nobody vouches for, and the error shows the way', async () => {
    configure();
    const { code, err } = await world.run(['job', 'list']);
    assert.equal(code, 100);
    assert.match(err, /^ERROR: Could not establish a secure connection to the server\.\n/);
    assert.match(err, /DEPTH_ZERO_SELF_SIGNED_CERT/);
    assert.match(err, /trusted_certs/);
  });

  for (const [title, lines] of [
    ['ssl_verify_mode :verify_none', ['ssl_verify_mode :verify_none']],
    ['ssl_verify_mode in the spelling of credentials', ["ssl_verify_mode ':verify_none'"]],
  ] as const) {
    it(`is not checked with ${title}`, async () => {
      configure(...lines);
      assert.equal((await world.run(['job', 'list'])).code, 0);
    });
  }

  it('is checked all the same when verify_api_cert is true', async () => {
    configure('ssl_verify_mode :verify_none', 'verify_api_cert true');
    assert.equal((await world.run(['job', 'list'])).code, 100);
  });

  it('trusts a certificate in ssl_ca_file, in ssl_ca_path, in trusted_certs_dir', async () => {
    const folder = join(dir, 'folder');
    mkdirSync(join(folder, 'nested'), { recursive: true });
    writeFileSync(join(folder, 'server.crt'), readFileSync(cert));
    writeFileSync(join(folder, 'README'), 'no certificate\n');
    for (const line of [
      `ssl_ca_file '${cert}'`,
      `ssl_ca_path '${folder}'`,
      `trusted_certs_dir '${folder}'`,
    ]) {
      configure(line);
      const { code, err } = await world.run(['job', 'list']);
      assert.equal(code, 0, line + err);
    }
  });

  it('trusts SSL_CERT_FILE of the environment', async () => {
    configure();
    world.env['SSL_CERT_FILE'] = cert;
    try {
      assert.equal((await world.run(['job', 'list'])).code, 0);
    } finally {
      delete world.env['SSL_CERT_FILE'];
    }
  });

  it('trusts what lies in trusted_certs beside the configuration', async () => {
    configure();
    const file = world.write('.chef/trusted_certs/server.pem', readFileSync(cert, 'utf8'));
    try {
      assert.equal((await world.run(['job', 'list'])).code, 0);
      writeFileSync(file, 'junk');
      const { code, err } = await world.run(['job', 'list']);
      assert.equal(code, 1);
      assert.ok(err.includes(file), err);
    } finally {
      rmSync(file);
    }
  });

  it('takes a client certificate with its key, never one alone', () => {
    const pair = readTls({ verify: false, clientCert: cert, clientKey: key });
    assert.equal(pair.cert, readFileSync(cert, 'utf8'));
    assert.equal(pair.key, readFileSync(key, 'utf8'));
    assert.throws(() => readTls({ verify: false, clientCert: cert }), /together/);
    assert.throws(() => readTls({ verify: false, clientKey: key }), /together/);
  });

  it('refuses files that are named and not there', () => {
    assert.throws(
      () => readTls({ verify: true, caFile: '/no/ca' }),
      /ssl_ca_file \/no\/ca does not exist/,
    );
    assert.throws(
      () => readTls({ verify: true, caPath: '/no/dir' }),
      /ssl_ca_path \/no\/dir does not exist/,
    );
    assert.throws(() => readTls({ verify: true, caFile: dir }), /cannot be read/);
  });
});
