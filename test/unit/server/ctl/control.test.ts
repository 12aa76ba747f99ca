import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { askServer } from '../../../../server/src/ctl/control-client.ts';
import { controlPath, openControlSocket } from '../../../../server/src/ctl/control-server.ts';
import type { SecretsOperation } from '../../../../server/src/ctl/operations.ts';
import type { Db } from '../../../../server/src/db/db.ts';
import { makeLog } from '../../../helpers/logs.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

/** A database with one organization that has nothing in it. */
const oneOrganization: Db = {
  query: (statement) =>
    Promise.resolve((statement.name === 'find-organization' ? [{ guid: 'g' }] : []) as never[]),
  script: () => Promise.resolve(),
  tx: (work) => work(oneOrganization),
  close: () => Promise.resolve(),
};
const list = { do: 'list', org: 'acme' } as const;
const LISTED = 'organization acme (g)\nusers: none\nnodes: none\ngroups: none';

describe('the control socket', () => {
  const rotate = {
    sealingKey: async (announce: (keyId: number) => Promise<void>): Promise<number> => {
      await announce(5);
      return 5;
    },
    sessionKeys: () => Promise.resolve({ epoch: 2, incarnationId: 'x' }),
    incarnation: () => Promise.resolve({ incarnationId: 'y' }),
  };
  const ends: (() => Promise<unknown>)[] = [];
  let dir: string;
  let path: string;
  const log = makeLog();
  const open = async (
    db: Promise<Db> = Promise.resolve(oneOrganization),
    chefServerUrl?: string,
  ): Promise<void> => {
    const nodeRemoved = (): Promise<void> => Promise.resolve();
    const opened = db.then((open) => ({ db: open, secrets: { rotate } }));
    const deps = { config: { dir, chefServerUrl }, opened, nodeRemoved, log };
    const control = await openControlSocket(deps);
    ends.push(() => control.close());
  };

  beforeEach(async () => {
    const [made, remove] = await makeTempDir();
    dir = made;
    path = controlPath(dir);
    ends.push(remove);
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  it('is for the owner alone and carries out what is asked', async () => {
    await open();
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await askServer(path, list), { ok: true, message: LISTED });
  });

  it('answers undefined where no server runs: no file, a file, a socket that is left over', async () => {
    assert.equal(await askServer(path, list), undefined);
    await writeFile(path, '');
    assert.equal(await askServer(path, list), undefined);
  });

  it('takes the place of what is left over, not of a server that lives', async () => {
    await writeFile(path, '');
    await open();
    await assert.rejects(open(), /another server runs with this data directory/);
    assert.deepEqual(await askServer(path, list), { ok: true, message: LISTED });
  });

  it('lets a command wait that comes before the database is open', async () => {
    let opens: (db: Db) => void = () => undefined;
    await open(
      new Promise((resolve) => {
        opens = resolve;
      }),
    );
    const asked = askServer(path, list);
    opens(oneOrganization);
    assert.deepEqual(await asked, { ok: true, message: LISTED });
  });

  it('refuses what is no operation', async () => {
    await open();
    const bad: readonly (readonly [unknown, RegExp])[] = [
      [{ do: 'drop-everything' }, /this operation is not known/],
      [[], /this operation is not known/],
      [{ do: 'org-add', org: 'Acme' }, /"Acme" cannot be a name here/],
      [{ do: 'org-add', org: '../x' }, /cannot be a name here/],
      [{ do: 'group-add', org: 'acme', group: 'a b' }, /"a b" cannot be a name here/],
    ];
    for (const [operation, message] of bad) {
      const outcome = await askServer(path, operation as typeof list);
      assert.equal(outcome?.ok, false);
      assert.match(outcome.message, message);
    }
  });

  it('refuses with a sentence where a Chef server knows who is who', async () => {
    await open(undefined, 'https://chef.example.com');
    const outcome = await askServer(path, list);
    assert.equal(outcome?.ok, false);
    assert.match(
      outcome.message,
      /^This server asks the Chef server at https:\/\/chef\.example\.com/,
    );
  });

  it('Decision 11 changes the secrets, also where a Chef server knows who is who', async () => {
    await open(undefined, 'https://chef.example.com');
    const said = async (what: SecretsOperation['do']): Promise<string | undefined> =>
      (await askServer(path, { do: what }))?.message;
    assert.match((await said('sealing-key-rotate')) ?? '', /sealed with key 5;/);
    assert.match((await said('session-keys-rotate')) ?? '', /of epoch 2:/);
    assert.match((await said('incarnation-renew')) ?? '', /incarnation is y:/);
    assert.ok(log.lines.some(({ message }) => message === 'secrets changed by command'));
  });

  it('Decision 11 uses no sealing key that could not be written down', async () => {
    const away = { ...oneOrganization, query: () => Promise.reject(new Error('away')) };
    await open(Promise.resolve(away));
    const outcome = await askServer(path, { do: 'sealing-key-rotate' });
    assert.deepEqual(outcome, { ok: false, message: 'away' });
  });

  it('says what failed', async () => {
    await open(
      Promise.resolve({ ...oneOrganization, tx: () => Promise.reject(new Error('disk full')) }),
    );
    assert.deepEqual(await askServer(path, list), { ok: false, message: 'disk full' });
    assert.ok(log.lines.some(({ message }) => message === 'a command failed'));
  });

  it('says that an answer is none', async () => {
    const odd: Server = createServer((socket) => {
      socket.on('error', () => undefined).resume();
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
    });
    await new Promise<void>((resolve) => odd.listen(path, resolve));
    ends.push(() => new Promise((resolve) => odd.close(resolve)));
    await assert.rejects(askServer(path, list), { code: 'control_failed' });
  });

  it('refuses a directory whose socket would have too long a name', async () => {
    dir = join(dir, 'x'.repeat(100));
    await assert.rejects(open(), /too long for a socket: choose a shorter dir/);
  });
});
