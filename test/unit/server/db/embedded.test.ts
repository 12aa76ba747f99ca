import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openEmbedded } from '../../../../server/src/db/embedded.ts';
import { ask } from '../../../helpers/engines.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

describe('openEmbedded', function () {
  this.timeout(60_000);
  let dir: string;
  let removeDir: () => Promise<void>;
  before(async () => {
    [dir, removeDir] = await makeTempDir();
    await (await openEmbedded(dir)).close();
  });
  after(() => removeDir());

  it('keeps what was committed, in a private directory', async () => {
    const db = await openEmbedded(dir);
    await db.script('create table t (id integer, data bytea)');
    const bytes = Buffer.from([0, 255, 92, 39]);
    await ask(db, 'insert into t values ($1, $2)', [1, bytes]);
    await db.close();
    const again = await openEmbedded(dir);
    assert.deepEqual(await ask(again, 'select * from t'), [{ id: 1, data: bytes }]);
    await again.close();
    assert.equal((await stat(join(dir, 'db'))).mode & 0o077, 0);
  });

  it('undoes a transaction whose work throws, and runs transactions one after the other', async () => {
    const db = await openEmbedded(dir);
    await db.script('create table n (value integer); insert into n values (0)');
    const boom = new Error('boom');
    const add = (fail: boolean): Promise<void> =>
      db.tx(async (tx) => {
        const [row] = await tx.tx((inner) => ask<{ value: number }>(inner, 'select value from n'));
        await ask(tx, 'update n set value = $1', [(row?.value ?? 0) + 1]);
        if (fail) throw boom;
      });
    const work = [add(false), assert.rejects(add(true), boom), add(false), add(false)];
    await Promise.all(work);
    assert.deepEqual(await ask(db, 'select value from n'), [{ value: 3 }]);
    await assert.rejects(
      db.tx((tx) => tx.close()),
      /does not close/,
    );
    await db.close();
  });

  it('refuses a directory that another server has open, by whatever path', async () => {
    const db = await openEmbedded(dir);
    const [other, removeOther] = await makeTempDir();
    await symlink(join(dir, 'db'), join(other, 'db'));
    const refused = {
      code: 'in_use',
      message: /in use by another process.*data directory of its own/,
    };
    await assert.rejects(openEmbedded(dir), refused);
    await assert.rejects(openEmbedded(other), refused);
    await db.close();
    await (await openEmbedded(other)).close();
    await removeOther();
  });

  it('opens again after its process was killed, with what was committed', async () => {
    const child = fork(new URL('../../../helpers/embedded-child.ts', import.meta.url), [dir], {
      execArgv: process.execArgv,
    });
    await once(child, 'message');
    await assert.rejects(openEmbedded(dir), { code: 'in_use' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const db = await openEmbedded(dir);
    assert.deepEqual(await ask(db, 'select id from survivors'), [{ id: 7 }]);
    await db.close();
  });

  it('names the statement that the database refuses', async () => {
    const db = await openEmbedded(dir);
    const refused = db.query({ name: 'find-nothing', text: 'select * from nothing' });
    await assert.rejects(refused, {
      code: 'failed',
      message: /find-nothing.*"nothing" does not exist/,
    });
    await assert.rejects(db.script('nonsense'), { code: 'failed' });
    await db.close();
  });

  it('is unavailable once it is closed, and closes once', async () => {
    const db = await openEmbedded(dir);
    await Promise.all([db.close(), db.close()]);
    await assert.rejects(ask(db, 'select 1'), { code: 'unavailable' });
    await assert.rejects(db.script('select 1'), { code: 'unavailable' });
    await assert.rejects(
      db.tx((tx) => ask(tx, 'select 1')),
      { code: 'unavailable' },
    );
  });

  it('says which directory does not open, and lets it go', async () => {
    const [broken, removeBroken] = await makeTempDir();
    await (await openEmbedded(broken)).close();
    await writeFile(join(broken, 'db', 'PG_VERSION'), 'nonsense');
    for (let i = 0; i < 2; i++) {
      await assert.rejects(openEmbedded(broken), { code: 'failed', message: new RegExp(broken) });
    }
    await removeBroken();
  });
});
