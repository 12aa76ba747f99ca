import assert from 'node:assert/strict';
import { JOB_STATUSES, NODE_STATUSES } from '@pushy/protocol';
import { findJob } from '../../../../server/src/db/find-job.ts';
import { findOutput } from '../../../../server/src/db/find-output.ts';
import { migrate } from '../../../../server/src/db/migrate.ts';
import { MIGRATIONS } from '../../../../server/src/db/migrations/all.ts';
import {
  jobStatusCode,
  jobStatusOf,
  nodeStatusCode,
  nodeStatusOf,
} from '../../../../server/src/db/status-codes.ts';
import { TABLES } from '../../../../server/src/db/schema-rights.ts';
import type { Db } from '../../../../server/src/db/db.ts';
import { ask, onEmptyEngines } from '../../../helpers/engines.ts';
import { ORG_ID } from '../../../helpers/jobs.ts';
import { sealer } from '../../../helpers/sealer.ts';

async function tables(db: Db): Promise<string[]> {
  const rows = await ask<{ name: string }>(
    db,
    `select table_name::text as name from information_schema.tables
     where table_schema = 'public' order by 1`,
  );
  return rows.map(({ name }) => name);
}

onEmptyEngines('migrate', (db) => {
  it('brings an empty database to this version once', async () => {
    assert.deepEqual(
      await migrate(db()),
      MIGRATIONS.map(({ name }) => name),
    );
    assert.deepEqual(await migrate(db()), []);
    const [job] = await ask(db(), 'select coordinator, fence, parent_id from jobs');
    const [node] = await ask(db(), 'select wave from job_nodes');
    assert.deepEqual([job, node], [undefined, undefined]);
  });

  it('ADDON A.7 gives the statuses of a job the numbers of the reference', async () => {
    await migrate(db());
    const rows = await ask(db(), 'select id, description from job_status order by id');
    assert.deepEqual(
      rows,
      JOB_STATUSES.map((description, id) => ({ id, description })),
    );
  });

  it('lets two that come at the same time take turns', async () => {
    const taken = await Promise.all([migrate(db()), migrate(db()), migrate(db())]);
    assert.equal(taken.flat().length, MIGRATIONS.length);
  });

  it('refuses a database that a newer version has used, and leaves it alone', async () => {
    await migrate(db(), {
      migrations: [...MIGRATIONS, { version: 99, name: 'later', sql: 'select 1' }],
    });
    await assert.rejects(migrate(db()), { code: 'newer', message: /schema version 99/ });
  });

  it('takes the next step from where the database is', async () => {
    await migrate(db());
    const next = { version: 99, name: 'later', sql: 'create table later (id integer)' };
    assert.deepEqual(await migrate(db(), { migrations: [...MIGRATIONS, next] }), ['later']);
    assert.ok((await tables(db())).includes('later'));
  });

  it('keeps what the first version stored, and ends what was in flight then (J4)', async () => {
    await migrate(db(), { migrations: MIGRATIONS.slice(0, 1) });
    const [done, flying] = ['a'.repeat(32), 'b'.repeat(32)];
    await db().script(`
      insert into jobs (id, org_id, requester, command, status, quorum, run_timeout, created_at, updated_at)
      values ('${done}', '${ORG_ID}', 'ann', 'x', 2, 1, 60, 'epoch', 'epoch'),
        ('${flying}', '${ORG_ID}', 'ann', 'x', 1, 1, 60, 'epoch', 'epoch');
      insert into job_options (job_id, env, job_file) values ('${done}', '{"A":"ö"}', 'raw:\\x41');
      insert into job_nodes (job_id, org_id, node_name, status, created_at, updated_at)
      select '${flying}', '${ORG_ID}', 'n' || s, s, 'epoch', 'epoch' from generate_series(0, 3) s;
      insert into job_output values ('${done}', 'a', 0, 0, '\\x00ff')`);
    await migrate(db());
    const job = await findJob(db(), sealer, ORG_ID, done);
    assert.deepEqual([job?.env, job?.file], [{ A: 'ö' }, 'raw:\\x41']);
    const output = await findOutput(db(), sealer, ORG_ID, done, 'a', 'stdout');
    assert.deepEqual(output, Buffer.from([0, 0xff]));
    const ended = await findJob(db(), sealer, ORG_ID, flying);
    assert.equal(ended?.status, 'crashed');
    assert.deepEqual(ended.nodes, {
      unavailable: ['n0'],
      crashed: ['n1', 'n2'],
      succeeded: ['n3'],
    });
    assert.ok(ended.updatedAt > 0);
  });

  it('leaves everything as it was when a step fails', async () => {
    const broken = { version: 99, name: 'broken', sql: 'create table x (id integer); select 1/0' };
    await assert.rejects(migrate(db(), { migrations: [...MIGRATIONS, broken] }), {
      code: 'failed',
    });
    assert.deepEqual(await tables(db()), []);
  });

  it('refuses tables of these names that are nobody known, and leaves them alone', async () => {
    await db().script(`
      create table jobs (id char(32) primary key, org_id char(32));
      create table job_output (job_id char(32), node_name text);
      insert into jobs values ('a', 'b')`);
    await assert.rejects(migrate(db()), {
      code: 'not_ours',
      message:
        /job_output, jobs.*no table job_status.*no column job_output.stdout.*nothing was changed/is,
    });
    assert.deepEqual(await tables(db()), ['job_output', 'jobs']);
  });

  it('Decision 15 knows all its tables by name', async () => {
    await migrate(db());
    assert.deepEqual(await tables(db()), [...TABLES].sort());
  });
});

describe('numbers of statuses', () => {
  it('ADDON D.1 go there and back', () => {
    for (const status of JOB_STATUSES) assert.equal(jobStatusOf(jobStatusCode(status)), status);
    for (const status of NODE_STATUSES) assert.equal(nodeStatusOf(nodeStatusCode(status)), status);
    assert.equal(nodeStatusCode('timed_out'), 11);
  });

  it('that no version ever wrote are an error with the number in it', () => {
    assert.throws(() => jobStatusOf(8), /unknown job status 8/);
    assert.throws(() => nodeStatusOf(12), /unknown node status 12/);
  });
});
