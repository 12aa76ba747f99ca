import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Operation } from '../../../../server/src/ctl/operations.ts';
import { makeProgram } from '../../../../server/src/ctl/program.ts';
import { makeDoor } from '../../../../server/src/ctl/door.ts';
import { ServerError } from '../../../../server/src/errors.ts';
import { quietLog } from '../../../helpers/logs.ts';
import { testConfig } from '../../../helpers/server.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

describe('opscode-push-jobs-server-ctl', () => {
  let asked: Operation[];
  let printed: string;
  let said: string[];
  let file: string | undefined;
  let refuses: boolean;
  let dir: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    [asked, printed, said, file, refuses] = [[], '', [], undefined, false];
    [dir, remove] = await makeTempDir();
  });
  afterEach(() => remove());

  const run = async (...args: string[]): Promise<void> => {
    const program = makeProgram(
      {
        openDoor: (named) => {
          file = named;
          return Promise.resolve((operation) => {
            asked.push(operation);
            return refuses
              ? Promise.reject(new ServerError('refused', 'no'))
              : Promise.resolve('done');
          });
        },
        migrateDatabase: (named, ownerUrl) => {
          file = named;
          return Promise.resolve(`migrated as ${ownerUrl ?? 'itself'}`);
        },
      },
      { result: (text) => (printed += text), say: (line) => said.push(line) },
    );
    await program.parseAsync(['node', 'ctl', ...args]);
  };

  const commands: readonly (readonly [args: string[], operation: Operation])[] = [
    [['org-add', 'acme'], { do: 'org-add', org: 'acme' }],
    [
      ['user-remove', 'acme', 'a'],
      { do: 'principal-remove', org: 'acme', name: 'a', type: 'user' },
    ],
    [
      ['node-remove', 'acme', 'n'],
      { do: 'principal-remove', org: 'acme', name: 'n', type: 'client' },
    ],
    [['group-add', 'acme', 'g'], { do: 'group-add', org: 'acme', group: 'g' }],
    [['member-add', 'acme', 'g', 'a'], { do: 'member-add', org: 'acme', group: 'g', name: 'a' }],
    [['sealing-key-rotate'], { do: 'sealing-key-rotate' }],
    [['session-keys-rotate'], { do: 'session-keys-rotate' }],
    [['incarnation-renew'], { do: 'incarnation-renew' }],
    [
      ['member-remove', 'acme', 'g', 'a', '--type', 'group'],
      { do: 'member-remove', org: 'acme', group: 'g', name: 'a', type: 'group' },
    ],
  ];
  for (const [args, operation] of commands) {
    it(`${args.join(' ')} asks for one operation and says what came of it`, async () => {
      await run(...args);
      assert.deepEqual(asked, [operation]);
      assert.deepEqual([printed, said], ['', ['done']]);
    });
  }

  it('migrate hands on the configuration and the URL of the owner', async () => {
    await run('-c', '/etc/x.rb', 'migrate', '--owner-url', 'postgres://a@h/d');
    await run('migrate');
    assert.deepEqual(said, ['migrated as postgres://a@h/d', 'migrated as itself']);
    assert.deepEqual([asked, file], [[], undefined]);
  });

  it('directory-list prints its result', async () => {
    await run('-c', '/etc/x.rb', 'directory-list', 'acme');
    assert.deepEqual([printed, said, file], ['done\n', [], '/etc/x.rb']);
  });

  it('node-add prints the private key and hands on the public half alone', async () => {
    await run('node-add', 'acme', 'web1');
    assert.match(printed, /^-----BEGIN RSA PRIVATE KEY-----\n/);
    const publicKey = createPublicKey(createPrivateKey(printed)).export({
      type: 'spki',
      format: 'pem',
    });
    assert.deepEqual(asked, [
      { do: 'principal-add', org: 'acme', name: 'web1', type: 'client', admin: false, publicKey },
    ]);
  });

  it('user-add --key writes the private key to a new file of mode 0600', async () => {
    const path = join(dir, 'alice.pem');
    await run('user-add', 'acme', 'alice', '--admin', '--key', path);
    assert.match(await readFile(path, 'utf8'), /^-----BEGIN RSA PRIVATE KEY-----\n/);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual([printed, said], ['', ['done', `The private key is in ${path}.`]]);
    const [operation] = asked;
    assert.ok(operation?.do === 'principal-add' && operation.admin && operation.type === 'user');
  });

  it('never overwrites a key, and asks for nothing then', async () => {
    const path = join(dir, 'key.pem');
    await writeFile(path, 'precious');
    await assert.rejects(run('user-add', 'acme', 'alice', '--key', path), /exists already/);
    assert.equal(await readFile(path, 'utf8'), 'precious');
    assert.deepEqual(asked, []);
    await assert.rejects(
      run('user-add', 'acme', 'a', '--key', join(dir, 'no', 'x')),
      /cannot be written: ENOENT: .*no\/x/,
    );
  });

  it('leaves no key behind for a user who was refused', async () => {
    refuses = true;
    const path = join(dir, 'key.pem');
    await assert.rejects(run('user-add', 'acme', 'alice', '--key', path), { message: 'no' });
    await assert.rejects(stat(path), { code: 'ENOENT' });
  });
});

describe('the door to the directory', () => {
  it('Decision 11 makes no secrets: it says that there are none', async () => {
    const [dir, remove] = await makeTempDir();
    try {
      const config = { ...(await testConfig(dir)), chefServerUrl: 'http://chef' };
      const rotated = makeDoor(config, quietLog)({ do: 'sealing-key-rotate' });
      await assert.rejects(rotated, { code: 'refused', message: /There are no secrets in/ });
      await assert.rejects(stat(config.dir), { code: 'ENOENT' });
    } finally {
      await remove();
    }
  });

  it('says that it begins a new data directory, and does so for a new organization alone', async () => {
    const [dir, remove] = await makeTempDir();
    try {
      const config = await testConfig(dir);
      const door = makeDoor(config, quietLog);
      await assert.rejects(door({ do: 'list', org: 'acme' }), {
        code: 'refused',
        message: `There is no data directory ${config.dir} (dir): name the configuration of the server with -c, or begin with org-add.`,
      });
      await assert.rejects(stat(config.dir), { code: 'ENOENT' });
      assert.equal(
        await door({ do: 'org-add', org: 'acme' }),
        `Added organization 'acme'.\nThe data directory ${config.dir} (dir) is new.`,
      );
      assert.equal(
        await door({ do: 'group-add', org: 'acme', group: 'pushy_job_readers' }),
        "Added group 'pushy_job_readers' to 'acme'. From now on only its members may look at jobs: add them with member-add.",
      );
    } finally {
      await remove();
    }
  }).timeout(60_000);

  it('opens nothing where the operation is wrong or a Chef server knows who is who', async () => {
    const [dir, remove] = await makeTempDir();
    try {
      const config = await testConfig(dir);
      await assert.rejects(makeDoor(config, quietLog)({ do: 'org-add', org: 'A' }), {
        code: 'refused',
      });
      const withChef = makeDoor({ ...config, chefServerUrl: 'http://chef' }, quietLog);
      await assert.rejects(withChef({ do: 'org-add', org: 'a' }), /asks the Chef server/);
      await assert.rejects(stat(config.dir), { code: 'ENOENT' });
    } finally {
      await remove();
    }
  });
});
