import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../../../../server/src/clock.ts';
import { openDirectory } from '../../../../server/src/compose/open-directory.ts';
import type { Db } from '../../../../server/src/db/db.ts';
import type { Directory } from '../../../../server/src/directory/directory.ts';
import { newCertificate } from '../../../helpers/certificate.ts';
import { startFakeChef, type FakeChef } from '../../../helpers/fake-chef.ts';
import { makeLog } from '../../../helpers/logs.ts';
import { testConfig } from '../../../helpers/server.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

const refuse = (): Promise<never> => Promise.reject(new Error('the tables were asked'));
const noTables: Db = { query: refuse, script: refuse, tx: refuse, close: refuse };

describe('the configured directory', () => {
  let chef: FakeChef;
  let dir: string;
  const ends: (() => Promise<unknown>)[] = [];
  const log = makeLog();
  const open = async (more: Record<string, string>): Promise<Directory> => {
    const config = await testConfig(dir, more);
    const directory = openDirectory(config, { db: noTables, clock: systemClock, log });
    ends.push(() => directory.close());
    return directory;
  };
  const atChef = (): Record<string, string> => ({
    PUSHY_CHEF_SERVER_URL: chef.url,
    PUSHY_CHEF_SUPERUSER_KEY: join(dir, 'pivotal.pem'),
  });

  beforeEach(async () => {
    const [made, remove] = await makeTempDir();
    dir = made;
    ends.push(remove);
    chef = await startFakeChef();
    ends.push(() => chef.close());
    await writeFile(join(dir, 'pivotal.pem'), chef.superuser.privateKey);
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  it('is the Chef server where there is one, asked as its superuser; our tables are not', async () => {
    chef.pages.set('/organizations/acme', { status: 200, json: { guid: 'a' } });
    const directory = await open(atChef());
    assert.deepEqual(await directory.organization('acme'), { id: 'a' });
  });

  it('is a goiardi with chef_backend goiardi', async () => {
    const directory = await open({
      ...atChef(),
      PUSHY_CHEF_BACKEND: 'goiardi',
      PUSHY_CHEF_ORG: 'MAIN',
    });
    assert.match((await directory.organization('MAIN'))?.id ?? '', /^[0-9a-f]{32}$/);
    assert.deepEqual(chef.asked, []);
  });

  it('trusts a Chef server whose certificate lies in trusted_certs_dir, and no other', async () => {
    const certificate = newCertificate('chef.example.com');
    const secure = createServer(certificate, (_, res) => res.end('{"guid":"secure"}'));
    secure.listen(0, '127.0.0.1');
    await once(secure, 'listening');
    ends.push(async () => {
      secure.closeAllConnections();
      secure.close();
      await once(secure, 'close');
    });
    const { port } = secure.address() as AddressInfo;
    const at = { ...atChef(), PUSHY_CHEF_SERVER_URL: `https://127.0.0.1:${port}` };
    await assert.rejects((await open(at)).organization('acme'), {
      code: 'directory_unreachable',
      message: /self-signed certificate/,
    });
    await mkdir(join(dir, 'trusted'));
    await writeFile(join(dir, 'trusted/chef.crt'), certificate.cert);
    const directory = await open({ ...at, PUSHY_TRUSTED_CERTS_DIR: join(dir, 'trusted') });
    assert.deepEqual(await directory.organization('acme'), { id: 'secure' });
  });

  it('is our own tables else', async () => {
    await assert.rejects((await open({})).organization('acme'), /the tables were asked/);
  });
});
