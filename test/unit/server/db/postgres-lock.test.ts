import assert from 'node:assert/strict';
import { systemClock } from '@pushy/server';
import { lockPostgres } from '../../../../server/src/db/postgres-lock.ts';
import { openPostgres } from '../../../../server/src/db/postgres.ts';
import { ask } from '../../../helpers/engines.ts';
import { makeLog, quietLog } from '../../../helpers/logs.ts';
import { startCluster, type Cluster } from '../../../helpers/postgres.ts';
import { startServer, testConfig } from '../../../helpers/server.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

describe('the lock of a server on its PostgreSQL database', function () {
  this.timeout(60_000);
  const ends: (() => Promise<unknown>)[] = [];
  let cluster: Cluster;
  const lock = (patience = 0, log = quietLog): ReturnType<typeof lockPostgres> =>
    lockPostgres({ url: cluster.url('postgres'), clock: systemClock, log, patience });
  before(async () => {
    cluster = await startCluster();
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  after(() => cluster.stop());

  it('refuses a second one with a sentence, until the first has given it back', async () => {
    const unlock = await lock();
    await assert.rejects(lock(), { code: 'in_use', message: /Another Push Jobs server.*Stop it/ });
    const waiting = lock(30_000);
    await unlock();
    await (
      await waiting
    )();
  });

  it('is taken again when its connection is lost', async () => {
    const log = makeLog();
    ends.push(await lock(0, log));
    const db = await openPostgres({ url: cluster.url('postgres'), log: quietLog });
    ends.push(() => db.close());
    await ask(
      db,
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '% lock'",
    );
    while (!log.lines.some(({ level }) => level === 'info')) await ask(db, 'select pg_sleep(0.1)');
    assert.deepEqual(
      log.lines.map(({ level, message }) => [level, message]),
      [
        ['error', 'lost the lock on the database: it is taken again'],
        ['info', 'the lock on the database is taken again'],
      ],
    );
    await assert.rejects(lock(), { code: 'in_use' });
  });

  it('keeps a server with another data directory from the jobs of one that lives', async () => {
    const config = async (): ReturnType<typeof testConfig> => {
      const [dir, remove] = await makeTempDir();
      ends.push(remove);
      return testConfig(dir, { PUSHY_DATABASE_URL: cluster.url('postgres') });
    };
    const first = await startServer(await config());
    ends.push(() => first.stop());
    const second = await config();
    await assert.rejects(startServer(second), /Another Push Jobs server is using this database/);
    await first.stop();
    const next = await startServer(second);
    await next.stop();
  });
});
