import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../../server/src/clock.ts';
import { makeChefApi } from '../../server/src/directory/chef-api.ts';
import { newKeyPair } from '../helpers/keys.ts';
import { runOk } from '../helpers/run.ts';
import { makeTempDir } from '../helpers/temp-dir.ts';

describe('the certificate of a Chef server', () => {
  let server: Server;
  let cert: string;
  let remove: () => Promise<void>;
  before(async () => {
    const [dir, removeDir] = await makeTempDir();
    remove = removeDir;
    const [keyFile, certFile] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
    await runOk(
      'openssl',
      [
        ...[
          'req',
          '-x509',
          '-newkey',
          'rsa:2048',
          '-nodes',
          '-days',
          '1',
          '-subj',
          '/CN=localhost',
        ],
        ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', keyFile, '-out', certFile],
      ],
      { cwd: dir, timeoutMs: 20_000 },
    );
    cert = await readFile(certFile, 'utf8');
    server = createServer({ key: await readFile(keyFile), cert }, (_, res) => res.end('{}'));
    server.listen(0, 'localhost');
    await once(server, 'listening');
  });
  after(async () => {
    server.close();
    server.closeAllConnections();
    await remove();
  });

  const ask = async (tls: { ca?: string; verifyTls: boolean }): Promise<number> => {
    const { port } = server.address() as AddressInfo;
    const signer = { userId: 'pivotal', key: newKeyPair().privateKey };
    const url = `https://localhost:${port}`;
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

  it('is taken when chef_ca_file vouches for it', async () => {
    assert.equal(await ask({ verifyTls: true, ca: cert }), 200);
  });

  it('is not looked at with chef_verify_tls off', async () => {
    assert.equal(await ask({ verifyTls: false }), 200);
  });
});
