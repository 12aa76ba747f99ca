import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { findByEnvironment } from '../helpers/descendants.ts';
import { startProgram } from '../helpers/program.ts';
import { startPostgres } from './harness/postgres.ts';
import { startChefZero } from './harness/chef-zero.ts';
import { startGoiardi } from './harness/goiardi.ts';
import { makeKnife } from './harness/knife.ts';
import { startNginx } from './harness/nginx.ts';
import { normalise } from './harness/normalise.ts';
import { startRubyAgent } from './harness/ruby-agent.ts';
import { useScene } from './harness/scene.ts';

describe('the harness: programs', () => {
  it('are ended together with children that went into a session of their own', async () => {
    const program = await startProgram({
      name: 'parent',
      file: 'bash',
      args: ['-c', 'setsid sleep 1000 & sleep 1000 & echo both run; wait'],
      logFile: '/dev/null',
      env: { ...process.env, PUSHY_TEST_HARNESS: String(process.pid) },
    });
    await program.line(/both run/);
    assert.deepEqual(await program.stop(), { code: null, signal: 'SIGTERM' });
    assert.deepEqual(findByEnvironment('PUSHY_TEST_HARNESS', String(process.pid)), []);
  });

  it('that end before they are ready say what they printed', async () => {
    const program = await startProgram({
      name: 'early',
      file: 'bash',
      args: ['-c', 'echo no such thing; exit 3'],
      logFile: '/dev/null',
    });
    await assert.rejects(
      program.line(/ready/),
      /early ended \(3\) before \/ready\/:\nno such thing/,
    );
    await program.stop();
  });
});

describe('the harness: normalise', () => {
  it('replaces ids, times, ports and temporary paths', () => {
    const text =
      'id: 0123456789abcdef0123456789ABCDEF'.toLowerCase() +
      '\nat Tue, 29 Oct 2013 21:22:59 GMT or 2013-10-29 21:22:59 UTC or 2013-10-29T21:22:59Z' +
      '\nhttp://127.0.0.1:4711/x in /tmp/pushy-test-Ab12Cd/files by web1';
    assert.equal(
      normalise(text, { web1: '<NODE>' }),
      'id: <ID>\nat <DATE> or <TIME> or <TIME>\nhttp://127.0.0.1:<PORT>/x in <TMP>/files by <NODE>',
    );
  });
});

describe('the harness: PostgreSQL', () => {
  const scene = useScene('postgresql');

  it('is a cluster of its own whose databases are made on demand', async () => {
    const postgres = await startPostgres(scene);
    const url = await postgres.createDatabase('first');
    assert.equal(url, `postgres://postgres@127.0.0.1:${postgres.port}/first`);
    assert.equal(await postgres.sql('first', 'SELECT 6 * 7, current_database()'), '42|first');
  });
});

describe('the harness: chef-zero behind nginx', () => {
  const scene = useScene('workstation', 'nginx', 'reference agent');

  it('answers knife in the clear and over TLS, and hands out the keys that were made', async () => {
    const zero = await startChefZero(scene);
    await zero.createOrganization('acme');
    const key = await zero.createUser('acme', 'alice');
    const clientKey = await zero.createClient('acme', 'web1');
    await zero.createNode('acme', 'web1');
    await zero.setGroup('acme', 'pushy_job_writers', { users: ['alice'] });
    for (const [path, file] of [
      ['clients/web1/keys/default', clientKey],
      ['users/alice/keys/default', key],
    ] as const) {
      const { public_key: found } = (await zero.api(
        'GET',
        path.startsWith('users') ? `/${path}` : `/organizations/acme/${path}`,
      )) as { public_key: string };
      const made = createPublicKey(createPrivateKey(await readFile(file, 'utf8')));
      assert.equal(found.trim(), made.export({ type: 'spki', format: 'pem' }).toString().trim());
    }
    const { users } = (await zero.api('GET', '/organizations/acme/groups/pushy_job_writers')) as {
      users: string[];
    };
    assert.deepEqual(users, ['alice']);
    for (const tls of [false, true]) {
      const chefPort = Number(new URL(zero.url).port);
      const nginx = await startNginx(scene, { pushyPort: 9, chefPort, tls });
      const url = `${nginx.url}/organizations/acme`;
      const knife = await makeKnife(scene, { url, user: 'alice', key });
      assert.equal(await knife.ok(['node', 'list']), 'web1\n');
      assert.equal(await knife.ok(['search', 'node', 'name:web*', '-i']), 'web1\n');
      assert.equal((await knife.run(['job', 'list'])).code, 100);
    }
  });

  it('sends the reference agent to us when it asks for its configuration', async () => {
    const zero = await startChefZero(scene);
    await zero.createOrganization('acme');
    const key = await zero.createClient('acme', 'web1');
    const pushy = createServer();
    pushy.listen(0, '127.0.0.1');
    await once(pushy, 'listening');
    const { port: pushyPort } = pushy.address() as AddressInfo;
    const nginx = await startNginx(scene, {
      pushyPort,
      chefPort: Number(new URL(zero.url).port),
    });
    const asked = once(pushy, 'request') as Promise<[IncomingMessage]>;
    await startRubyAgent(scene, {
      url: `${nginx.url}/organizations/acme`,
      node: 'web1',
      key,
      whitelist: { 'say hello': 'echo hello' },
    });
    const [{ method, url, headers }] = await asked;
    pushy.close();
    pushy.closeAllConnections();
    assert.equal(method, 'GET');
    assert.match(
      url ?? '',
      /^\/organizations\/acme\/\/?pushy\/config\/web1\?ccpk=\S+&version=2\.0$/,
    );
    assert.equal(headers['x-ops-userid'], 'web1');
  });
});

describe('the harness: goiardi', () => {
  const scene = useScene('workstation', 'goiardi');

  it('answers knife as its admin and as a client of its own, and refuses a wrong key', async () => {
    const goiardi = await startGoiardi(scene);
    await goiardi.createNode('web1');
    assert.equal(await goiardi.knife.ok(['node', 'list']), 'web1\n');
    const key = await goiardi.createClient('web1');
    const client = await makeKnife(scene, { url: goiardi.url, user: 'web1', key });
    assert.equal(await client.ok(['node', 'list']), 'web1\n');
    const impostor = await makeKnife(scene, { url: goiardi.url, user: 'admin', key });
    assert.match((await impostor.run(['node', 'list'])).stderr, /401|authenticate/i);
  });
});
