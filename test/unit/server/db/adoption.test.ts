import assert from 'node:assert/strict';
import { JOB_STATUSES, NODE_STATUSES, isFinished, isSettled } from '@pushy/protocol';
import { migrateDatabase } from '../../../../server/src/ctl/migrate-database.ts';
import { NO_CHANGES } from '../../../../server/src/core/job-record.ts';
import { addOrganization } from '../../../../server/src/db/add-organization.ts';
import { addPrincipal } from '../../../../server/src/db/add-principal.ts';
import { createJob } from '../../../../server/src/db/create-job.ts';
import type { Db } from '../../../../server/src/db/db.ts';
import { findJob } from '../../../../server/src/db/find-job.ts';
import { findOutput } from '../../../../server/src/db/find-output.ts';
import { listJobs } from '../../../../server/src/db/list-jobs.ts';
import { migrate } from '../../../../server/src/db/migrate.ts';
import { openPostgres } from '../../../../server/src/db/postgres.ts';
import { readUnfinishedJobs } from '../../../../server/src/db/read-unfinished-jobs.ts';
import { saveChanges } from '../../../../server/src/db/save-changes.ts';
import { ask } from '../../../helpers/engines.ts';
import { aJob, ORG_ID } from '../../../helpers/jobs.ts';
import { sendSigned } from '../../../helpers/http.ts';
import { newKeyPair } from '../../../helpers/keys.ts';
import { quietLog } from '../../../helpers/logs.ts';
import { startCluster, type Cluster } from '../../../helpers/postgres.ts';
import {
  fillReferenceDatabase,
  makeReferenceDatabase,
  referenceJobId,
  type ReferenceDatabase,
} from '../../../helpers/reference-database.ts';
import { sealer } from '../../../helpers/sealer.ts';
import { startServer, testConfig } from '../../../helpers/server.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';
import { until } from '../../../helpers/until.ts';

const JOBS = 2000;
const START = Date.UTC(2015, 0, 1);

describe('a database of the original (ADDON A.7)', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  const opened: Db[] = [];
  const keep = async (opening: Promise<Db>): Promise<Db> => {
    const db = await opening;
    opened.push(db);
    return db;
  };
  const close = async (): Promise<void> => {
    for (const db of opened.splice(0)) await db.close();
  };
  before(async () => {
    cluster = await startCluster();
  });
  afterEach(close);
  after(() => cluster.stop());

  const make = async (jobs: number, options?: { later: boolean }): Promise<ReferenceDatabase> => {
    const made = await makeReferenceDatabase(cluster, options);
    if (jobs > 0) {
      await fillReferenceDatabase(await keep(made.open('chef_pgsql')), jobs);
      await close();
    }
    return made;
  };
  const adopt = (made: ReferenceDatabase): Promise<string> =>
    migrateDatabase(
      {
        databaseUrl: made.url('opscode_pushy'),
        dir: '/nowhere',
        postgresqlSqlRoUser: 'opscode_pushy_ro',
      },
      quietLog,
      made.url('chef_pgsql'),
    );
  /** Tables, columns, keys and indexes, without the history. */
  const schemaOf = async (db: Db): Promise<unknown[]> => [
    await ask(
      db,
      `select table_name::text, column_name::text, data_type::text, is_nullable::text, column_default::text
       from information_schema.columns where table_schema = 'public' order by 1, ordinal_position`,
    ),
    await ask(
      db,
      `select conrelid::regclass::text as t, conname::text, pg_get_constraintdef(oid) as def
       from pg_constraint where connamespace = 'public'::regnamespace order by 1, 2`,
    ),
    await ask(
      db,
      `select indexname::text, indexdef::text from pg_indexes where schemaname = 'public' order by 1`,
    ),
    await ask(db, 'select id, description from job_status order by id'),
  ];
  const reference = (db: Db): Promise<unknown[]> =>
    ask(
      db,
      `select c.relname::text as name, pg_get_userbyid(c.relowner)::text as owner from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
       where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') order by 1`,
    );

  it('Decision 15 is refused to a server without rights, with the command that helps, unchanged', async () => {
    const made = await make(10);
    const db = await keep(made.open('opscode_pushy'));
    const before = await reference(db);
    await assert.rejects(migrate(db), {
      code: 'not_owner',
      message:
        /belong to chef_pgsql, and opscode_pushy may not.*server-ctl migrate --owner-url postgres:\/\/chef_pgsql@HOST:PORT\/opscode_pushy .*Nothing was changed/,
    });
    assert.deepEqual(await reference(db), before);
    assert.equal((await ask(db, 'select last_updated_by from jobs')).length, 10);
  });

  it('Decision 15 becomes ours in place, with its history, and serves the role it served', async () => {
    const made = await make(JOBS);
    assert.match(await adopt(made), /: adopted, sealed, generations\.$/);
    assert.match(await adopt(made), /at this version already/);
    const db = await keep(made.open('opscode_pushy'));
    const jobs = await listJobs(db, sealer, ORG_ID);
    assert.equal(jobs.length, JOBS);
    assert.deepEqual(
      jobs.map(({ id }) => id),
      Array.from({ length: JOBS }, (_, i) => referenceJobId(JOBS - i)),
    );
    for (let n = 1; n <= 120; n += 1) {
      const job = await findJob(db, sealer, ORG_ID, referenceJobId(n));
      assert.ok(job);
      const { nodes, updatedAt, ...rest } = job;
      const status = JOB_STATUSES[n % 8] ?? 'new';
      assert.deepEqual(rest, {
        id: referenceJobId(n),
        orgId: ORG_ID,
        requester: '',
        command: `command ${n}`,
        status: isFinished(status) ? status : 'crashed',
        quorum: 5,
        runTimeout: 60 + (n % 100),
        capture: n % 4 === 0,
        // D1: as UTC, whatever the zone of the database.
        createdAt: START + n * 60_000,
        ...(n % 4 === 0 ? { user: 'daemon' } : {}),
        ...(n % 2 === 0 ? { dir: '/tmp', env: { A: `env ${n}` }, file: `raw:file ${n}` } : {}),
      });
      if (isFinished(status)) assert.equal(updatedAt, START + n * 61_000);
      else assert.ok(updatedAt > Date.UTC(2026, 0, 1));
      // J4: every node is settled.
      for (let k = 0; k < 5; k += 1) {
        const was = NODE_STATUSES[(n + k) % 12] ?? 'new';
        const is = isSettled(was) ? was : was === 'new' ? 'unavailable' : 'crashed';
        assert.ok(nodes[is]?.includes(`node${k}`), `${n} node${k} ${was}`);
      }
      const output = await findOutput(db, sealer, ORG_ID, referenceJobId(n), 'node1', 'stdout');
      assert.equal(output?.toString(), n % 3 === 0 ? `stdout ö ${n}` : undefined);
      const stderr = await findOutput(db, sealer, ORG_ID, referenceJobId(n), 'node1', 'stderr');
      assert.equal(stderr?.toString(), n % 3 === 0 ? '' : undefined);
    }
    assert.deepEqual(await readUnfinishedJobs(db, sealer), []);
    const job = aJob({ user: 'u'.repeat(100), quorum: 2 ** 40, nodes: ['a'], env: { A: 'b' } });
    await createJob(db, sealer, job);
    const outputs = [{ jobId: job.id, node: 'a', stdout: 'x\0', stderr: '' }];
    await saveChanges(db, sealer, { ...NO_CHANGES, outputs });
    assert.equal((await findJob(db, sealer, ORG_ID, job.id))?.user, job.user);
    // sqitch is left alone.
    const owner = await keep(made.open('chef_pgsql'));
    assert.deepEqual(await ask(owner, 'select * from sqitch.changes'), [
      { change_id: 'abc', planner_name: 'x' },
    ]);
    const schemas = `select nspname::text as name from pg_namespace where nspname like 'pushy%'`;
    assert.deepEqual(await ask(owner, schemas), []);
    const looks = await keep(made.open('opscode_pushy_ro'));
    assert.equal((await ask(looks, 'select 1 from jobs')).length, JOBS + 1);
    await assert.rejects(ask(looks, 'delete from jobs'), /permission denied/);
  });

  it("ADDON B.4 lets the role of postgresql['sql_ro_user'] read, also one that is named later", async () => {
    const admin = await keep(openPostgres({ url: cluster.url('postgres'), log: quietLog }));
    await migrate(admin);
    await ask(admin, 'create role looks_too login');
    const mayRead = async (): Promise<unknown> => {
      const [row] = await ask(
        admin,
        `select has_table_privilege('looks_too', 'jobs', 'select') as reads,
           has_table_privilege('looks_too', 'jobs', 'insert, update, delete') as writes`,
      );
      return row;
    };
    assert.deepEqual(await mayRead(), { reads: false, writes: false });
    assert.deepEqual(await migrate(admin, { lookAs: 'looks_too' }), []);
    assert.deepEqual(await mayRead(), { reads: true, writes: false });
    await ask(admin, 'drop owned by looks_too');
    await ask(admin, 'drop role looks_too');
  });

  it('Decision 15 has the same tables, keys and indexes as one that was always ours', async () => {
    const made = await make(3);
    await adopt(made);
    const admin = await keep(openPostgres({ url: cluster.url('postgres'), log: quietLog }));
    await migrate(admin);
    const adopted = await keep(made.open('chef_pgsql'));
    assert.deepEqual(await schemaOf(adopted), await schemaOf(admin));
  });

  it('Decision 11, 15 shows its history over HTTP, and seals what stood there plain', async () => {
    const made = await make(JOBS);
    const [dir, removeDir] = await makeTempDir();
    const config = await testConfig(dir, { PUSHY_DATABASE_URL: made.url('opscode_pushy') });
    try {
      await assert.rejects(startServer(config), {
        code: 'not_owner',
        message: /migrate --owner-url/,
      });
      await adopt(made);
      const db = await keep(made.open('opscode_pushy'));
      const { privateKey, publicKey } = newKeyPair();
      await addOrganization(db, { name: 'acme', guid: ORG_ID });
      await addPrincipal(db, { orgId: ORG_ID, name: 'ann', type: 'user', publicKey });
      const server = await startServer(config);
      try {
        const get = async (path: string, accept = 'application/json'): Promise<string> => {
          const answer = await sendSigned(
            { userId: 'ann', key: privateKey },
            {
              port: server.apiPort,
              path: `/organizations/acme/pushy/${path}`,
              headers: { accept },
            },
          );
          assert.equal(answer.status, 200, answer.body);
          return answer.body;
        };
        assert.equal((JSON.parse(await get('jobs')) as unknown[]).length, JOBS);
        const id = referenceJobId(12);
        assert.deepEqual(JSON.parse(await get(`jobs/${id}?include_file=true`)), {
          id,
          command: 'command 12',
          status: 'aborted',
          run_timeout: 72,
          created_at: 'Thu, 01 Jan 2015 00:12:00 GMT',
          updated_at: 'Thu, 01 Jan 2015 00:12:12 GMT',
          user: 'daemon',
          dir: '/tmp',
          env: { A: 'env 12' },
          file: 'raw:file 12',
          capture_output: true,
          nodes: {
            unavailable: ['node0'],
            crashed: ['node1', 'node2'],
            succeeded: ['node3'],
            failed: ['node4'],
          },
        });
        const path = `jobs/${id}/output/node1/stdout`;
        assert.equal(await get(path, 'application/octet-stream'), 'stdout ö 12');
        await until(
          'the plain values to be sealed',
          () => server.lines,
          (lines) =>
            lines.find(({ message }) => message === 'values that were stored plain are sealed'),
        );
        const [plain] = await ask(
          db,
          `select (select count(*) from job_options where key_id is null)::integer as options,
             (select count(*) from job_output where key_id is null)::integer as outputs`,
        );
        assert.deepEqual(plain, { options: 0, outputs: 0 });
        assert.equal(await get(path, 'application/octet-stream'), 'stdout ö 12');
      } finally {
        await server.stop();
      }
    } finally {
      await removeDir();
    }
  });

  it('is adopted from the versions that had neither options nor output', async () => {
    const made = await makeReferenceDatabase(cluster, { later: false });
    const owner = await keep(made.open('chef_pgsql'));
    const id = referenceJobId(1);
    await owner.script(`
      insert into jobs values ('${id}', '${ORG_ID}', 'x', 7, 60, '${id}', '2015-01-01', '2015-01-01', 1)`);
    await adopt(made);
    const job = await findJob(owner, sealer, ORG_ID, id);
    assert.deepEqual([job?.command, job?.createdAt], ['x', START]);
  });

  it('leaves out an env that could not be shown, and shows the rest', async () => {
    const made = await make(20);
    const owner = await keep(made.open('chef_pgsql'));
    const odd = ['', 'undefined', '[]', '"x"', '{"A":"\\u0000"}'];
    for (const [i, env] of odd.entries()) {
      await ask(owner, 'update job_options set env = $2 where job_id = $1', [
        referenceJobId(2 * i + 2),
        env,
      ]);
    }
    await adopt(made);
    const envs: unknown[] = [];
    for (const i of odd.keys()) {
      envs.push((await findJob(owner, sealer, ORG_ID, referenceJobId(2 * i + 2)))?.env);
    }
    assert.deepEqual(envs, [undefined, undefined, undefined, undefined, { A: '\0' }]);
  });

  it('waits for the original to be stopped', async () => {
    const made = await make(1);
    const original = await keep(made.open('opscode_pushy'));
    await original.script(`set application_name = 'psql'`);
    await assert.rejects(adopt(made), {
      code: 'in_use',
      message: /1 sessions of opscode_pushy.*stop it/,
    });
    assert.equal((await ask(original, 'select last_updated_by from jobs')).length, 1);
  });

  it('is left as it was where the adoption fails half-way', async () => {
    const made = await make(5);
    const owner = await keep(made.open('chef_pgsql'));
    await owner.script('create view mine as select id from jobs');
    const before = await reference(owner);
    await assert.rejects(adopt(made), { code: 'failed', message: /other objects depend on it/ });
    assert.deepEqual(await reference(owner), before);
    assert.equal((await ask(owner, 'select * from mine')).length, 5);
  });

  it('is not adopted where its statuses have other numbers', async () => {
    const made = await make(0);
    const owner = await keep(made.open('chef_pgsql'));
    await owner.script(`update job_status set description = 'odd' where id = 6`);
    await assert.rejects(adopt(made), { code: 'not_ours', message: /job status 6 is odd/ });
  });
});
