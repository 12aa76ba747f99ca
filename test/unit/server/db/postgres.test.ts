import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import type { Db } from '../../../../server/src/db/db.ts';
import { migrate } from '../../../../server/src/db/migrate.ts';
import { openPostgres } from '../../../../server/src/db/postgres.ts';
import { ask } from '../../../helpers/engines.ts';
import { makeLog, quietLog } from '../../../helpers/logs.ts';
import { startCluster, type Cluster } from '../../../helpers/postgres.ts';

describe('openPostgres', () => {
  let cluster: Cluster;
  const open: Db[] = [];
  const connect = async (
    settings: { statementTimeout?: number } = {},
    log = quietLog,
  ): Promise<Db> => {
    const db = await openPostgres({ url: cluster.url('postgres'), log, ...settings });
    open.push(db);
    return db;
  };
  before(async function () {
    this.timeout(60_000);
    cluster = await startCluster();
  });
  afterEach(async () => {
    for (const db of open.splice(0)) await db.close();
  });
  after(async function () {
    this.timeout(60_000);
    await cluster.stop();
  });

  it('says at once that a database does not exist', async () => {
    const url = cluster.url('none');
    await assert.rejects(openPostgres({ url, log: quietLog }), {
      code: 'failed',
      message: /"none"/,
    });
  });

  it('says at once that nobody listens', async () => {
    const url = 'postgres://postgres@/postgres?host=/nonexistent';
    await assert.rejects(openPostgres({ url, log: quietLog }), { code: 'unavailable' });
  });

  it('gives a server up that takes the connection and says nothing', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const sockets: { destroy(): void }[] = [];
    silent.on('connection', (socket) => sockets.push(socket));
    const url = `postgres://u@127.0.0.1:${(silent.address() as AddressInfo).port}/d`;
    await assert.rejects(openPostgres({ url, log: quietLog, connectTimeout: 200 }), {
      code: 'unavailable',
    });
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('gives a statement up that takes too long', async () => {
    const db = await connect({ statementTimeout: 200 });
    await assert.rejects(ask(db, 'select pg_sleep(60)'), { code: 'unavailable' });
    assert.deepEqual(await ask(db, 'select 1 as one'), [{ one: 1 }]);
  });

  it('lets migrations take longer than statements', async () => {
    const db = await connect({ statementTimeout: 200 });
    await migrate(db, { migrations: [{ version: 1, name: 'slow', sql: 'select pg_sleep(0.5)' }] });
    await db.script('drop table pushy_migrations');
  });

  it('undoes a transaction whose work throws, and gives its connection back', async () => {
    const db = await connect();
    await db.script('create table t (id integer)');
    const boom = new Error('boom');
    for (let i = 0; i < 20; i++) {
      const work = db.tx(async (tx) => {
        await tx.tx((inner) => ask(inner, 'insert into t values (1)'));
        throw boom;
      });
      await assert.rejects(work, boom);
    }
    assert.deepEqual(await ask(db, 'select * from t'), []);
    await assert.rejects(
      db.tx((tx) => tx.close()),
      /does not close/,
    );
    await db.script('drop table t');
  });

  it('names the statement that the database refuses, and keeps the cause', async () => {
    const db = await connect();
    const refused = db.query({ name: 'find-nothing', text: 'select * from nothing' });
    await assert.rejects(refused, (error: Error) => {
      assert.match(error.message, /find-nothing.*"nothing" does not exist/);
      return error.cause instanceof Error;
    });
  });

  it('Decision 2 is unavailable while the server is away, and there again with it', async function () {
    this.timeout(60_000);
    const log = makeLog();
    const db = await connect({}, log);
    await ask(db, 'select 1 as one');
    let proceed: (() => void) | undefined;
    const between = new Promise<void>((resolve) => (proceed = resolve));
    let inside: (() => void) | undefined;
    const entered = new Promise<void>((resolve) => (inside = resolve));
    const interrupted = db.tx(async (tx) => {
      await ask(tx, 'select 1 as one');
      inside?.();
      // The connection breaks while no statement is under way.
      await between;
      await ask(tx, 'select 1 as one');
    });
    await entered;
    await cluster.crash();
    await assert.rejects(ask(db, 'select 1 as one'), { code: 'unavailable' });
    proceed?.();
    await assert.rejects(interrupted, { code: 'unavailable' });
    await cluster.crashAndRestart();
    assert.deepEqual(await ask(db, 'select 1 as one'), [{ one: 1 }]);
  });

  it('survives the loss of idle connections, with a line in the log', async () => {
    const log = makeLog();
    const [db, other] = [await connect({}, log), await connect()];
    await ask(db, 'select 1 as one');
    await ask(
      other,
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()',
    );
    for (;;) {
      const answer = await ask<{ one: number }>(db, 'select 1 as one').catch(() => []);
      if (answer[0]?.one === 1) break;
    }
    assert.deepEqual(await ask(db, 'select 1 as one'), [{ one: 1 }]);
  });

  it('is unavailable once it is closed', async () => {
    const db = await openPostgres({ url: cluster.url('postgres'), log: quietLog });
    await db.close();
    await assert.rejects(ask(db, 'select 1'), { code: 'unavailable' });
    await assert.rejects(
      db.tx((tx) => ask(tx, 'select 1')),
      { code: 'unavailable' },
    );
  });
});
