import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../../server/src/clock.ts';
import { makeChefApi } from '../../server/src/directory/chef-api.ts';
import { newCertificate } from '../helpers/certificate.ts';
import { startFakeChef, type FakeChef, type Page } from '../helpers/fake-chef.ts';
import { sendSigned } from '../helpers/http.ts';
import { newKeyPair } from '../helpers/keys.ts';
import { startServer, testConfig, type TestServer } from '../helpers/server.ts';
import { makeTempDir } from '../helpers/temp-dir.ts';

describe('the certificate of a Chef server', () => {
  const certificate = newCertificate('chef.example.com');
  let server: Server;
  before(async () => {
    server = createServer(certificate, (_, res) => res.end('{}'));
    server.listen(0, '0.0.0.0');
    await once(server, 'listening');
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  const ask = async (
    tls: { ca?: string; verifyTls: boolean },
    host = '127.0.0.1',
  ): Promise<number> => {
    const { port } = server.address() as AddressInfo;
    const signer = { userId: 'pivotal', key: newKeyPair().privateKey };
    const url = `https://${host}:${port}`;
    const api = makeChefApi(
      { url, signer, chefVersion: '11.1.0', deadline: 5_000, ...tls },
      systemClock,
    );
    try {
      return (await api.get('/')).status;
    } finally {
      await api.close();
    }
  };

  it('is refused when nobody vouches for it', async () => {
    await assert.rejects(ask({ verifyTls: true }), {
      code: 'directory_unreachable',
      message: /self-signed/,
    });
  });

  it('is taken when chef_ca_file vouches for it, from the host that it names alone', async () => {
    const trusting = { verifyTls: true, ca: certificate.cert };
    assert.equal(await ask(trusting), 200);
    await assert.rejects(ask(trusting, '127.0.0.2'), {
      code: 'directory_unreachable',
      message: /altnames/,
    });
  });

  it('is not looked at with chef_verify_tls off', async () => {
    assert.equal(await ask({ verifyTls: false }, '127.0.0.2'), 200);
  });
});

describe('a server beside a Chef server on another host, over TLS', () => {
  /** Seconds for a call. */
  const patience = 1;
  const certificate = newCertificate('chef.example.com');
  const key = newKeyPair();
  let chef: FakeChef;
  let server: TestServer;
  let remove: () => Promise<void>;

  before(async () => {
    const [dir, removeDir] = await makeTempDir();
    remove = removeDir;
    chef = await startFakeChef(certificate);
    await mkdir(join(dir, 'trusted'));
    await writeFile(join(dir, 'trusted', 'chef.crt'), certificate.cert);
    await writeFile(join(dir, 'pivotal.pem'), chef.superuser.privateKey);
    chef.pages.set('/organizations/acme', { status: 200, json: { guid: 'a'.repeat(32) } });
    server = await startServer(
      await testConfig(dir, {
        PUSHY_CHEF_SERVER_URL: chef.url,
        PUSHY_CHEF_SUPERUSER_KEY: join(dir, 'pivotal.pem'),
        PUSHY_TRUSTED_CERTS_DIR: join(dir, 'trusted'),
        PUSHY_CHEF_TIMEOUT: String(patience),
      }),
    );
  });
  after(async () => {
    await server.stop();
    await chef.close();
    await remove();
  });

  /** Asks as somebody whom nobody has asked for before; answers with the milliseconds that it took. */
  async function ask(userId: string): Promise<{ status: number; body: string; took: number }> {
    const begun = performance.now();
    const { status, body } = await sendSigned(
      { userId, key: key.privateKey },
      { port: server.apiPort, path: '/organizations/acme/pushy/node_states' },
    );
    return { status, body, took: performance.now() - begun };
  }
  const principal = (name: string): Page => ({
    status: 200,
    json: {
      principals: [
        {
          name,
          type: 'user',
          public_key: key.publicKey,
          authz_id: 'b'.repeat(32),
          org_member: true,
        },
      ],
    },
  });

  it('asks it who is who, by the certificate in trusted_certs_dir', async () => {
    chef.pages.set('/organizations/acme/principals/alice', principal('alice'));
    const { status, body } = await ask('alice');
    assert.deepEqual([status, body], [200, '[]']);
  });

  it('502 with a sentence, within chef_timeout, while it takes calls and never answers', async () => {
    chef.pages.set('/organizations/acme/principals/bob', 'silence');
    const { status, body, took } = await ask('bob');
    assert.equal(status, 502);
    assert.match(body, /^\{"error":\["Failed to connect to erchef to get key: .+"\]\}$/);
    assert.ok(took > patience * 900 && took < patience * 3_000, `${took} ms`);
  });

  it('502 with a sentence, at once, while it is down', async () => {
    await chef.close();
    const { status, body, took } = await ask('carol');
    assert.equal(status, 502);
    assert.match(
      body,
      /^\{"error":\["Failed to connect to erchef to get key: .*ECONNREFUSED.*"\]\}$/,
    );
    assert.ok(took < patience * 1_000, `${took} ms`);
  });
});
