import { createHash } from 'node:crypto';
import type { Db, Statement } from '../../server/src/db/db.ts';
import { openEmbedded } from '../../server/src/db/embedded.ts';
import { migrate } from '../../server/src/db/migrate.ts';
import { openPostgres } from '../../server/src/db/postgres.ts';
import { quietLog } from './logs.ts';
import { startCluster } from './postgres.ts';
import { makeTempDir } from './temp-dir.ts';

const closers: (() => Promise<void>)[] = [];

// Both engines take seconds to start: all suites of a run share one of each.
const engines = [
  [
    'PostgreSQL',
    once(async () => {
      const cluster = await startCluster();
      closers.push(() => cluster.stop());
      return openPostgres({ url: cluster.url('postgres'), log: quietLog });
    }),
  ],
  [
    'PGlite',
    once(async () => {
      const [dir, removeDir] = await makeTempDir();
      closers.push(removeDir);
      return openEmbedded(dir);
    }),
  ],
] as const;

after('stop the database engines', async function () {
  this.timeout(60_000);
  for (const close of closers.reverse()) await close();
});

/** Runs the same tests on PostgreSQL and on the embedded engine, each test on an empty database of this version. */
export function onBothEngines(title: string, tests: (db: () => Db) => void): void {
  onEmptyEngines(title, (db) => {
    beforeEach(async () => {
      await migrate(db());
    });
    tests(db);
  });
}

/** The same, each test on a database without any table. */
export function onEmptyEngines(title: string, tests: (db: () => Db) => void): void {
  for (const [name, open] of engines) {
    describe(`${title} [${name}]`, () => {
      let db: Db | undefined;
      const opened = (): Db => {
        if (db === undefined) throw new Error('the engine is not open');
        return db;
      };
      before(async function () {
        this.timeout(60_000);
        db = await open();
      });
      beforeEach(async () => {
        await opened().script('drop schema public cascade; create schema public');
      });
      tests(opened);
    });
  }
}

/** Runs SQL that the tests need and the server does not have. */
export function ask<Row>(db: Db, text: string, values: unknown[] = []): Promise<Row[]> {
  const hash = createHash('sha1').update(text).digest('hex');
  const statement: Statement<Row> = { name: `test-${hash}`, text };
  return db.query(statement, values);
}

function once(open: () => Promise<Db>): () => Promise<Db> {
  let opened: Promise<Db> | undefined;
  return () => {
    opened ??= open().then((db) => {
      closers.push(() => db.close());
      return db;
    });
    return opened;
  };
}
