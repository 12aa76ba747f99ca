import assert from 'node:assert/strict';
import { NO_CHANGES } from '../../../../server/src/core/job-record.ts';
import type { Db } from '../../../../server/src/db/db.ts';
import { addSealingKey } from '../../../../server/src/db/add-sealing-key.ts';
import { createJob } from '../../../../server/src/db/create-job.ts';
import { findJob } from '../../../../server/src/db/find-job.ts';
import { findOutput } from '../../../../server/src/db/find-output.ts';
import { listJobs } from '../../../../server/src/db/list-jobs.ts';
import { missingSealingKeys } from '../../../../server/src/db/missing-sealing-keys.ts';
import { saveChanges } from '../../../../server/src/db/save-changes.ts';
import { sealPlainRows } from '../../../../server/src/db/seal-plain-rows.ts';
import { ask, onBothEngines } from '../../../helpers/engines.ts';
import { aJob, CREATED_AT, ORG_ID } from '../../../helpers/jobs.ts';
import { makeTestSealer, sealer } from '../../../helpers/sealer.ts';

const MARK = 'planted-marker';

/** Every value of every table, as text and, for bytes, as they are. */
async function everything(db: Db): Promise<string> {
  const tables = await ask<{ name: string }>(
    db,
    `select table_name::text as name from information_schema.tables where table_schema = 'public'`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    for (const row of await ask<object>(db, `select * from ${name}`)) {
      for (const value of Object.values(row)) {
        texts.push(Buffer.isBuffer(value) ? value.toString('latin1') : JSON.stringify(value));
      }
    }
  }
  return texts.join('\n');
}

onBothEngines('sealed rows', (db) => {
  it('Decision 11 keeps env, file, output and feeds unreadable in the database', async () => {
    const job = aJob({ env: { A: MARK }, file: `raw:${MARK}`, nodes: ['a'], command: 'visible' });
    await createJob(db(), sealer, job);
    const data = {
      command: job.command,
      run_timeout: 1,
      quorum: 1,
      node_count: 1,
      user: 'u',
      env: { A: MARK },
      capture: true,
    };
    const event = { seq: 1, at: CREATED_AT * 1000, event: { name: 'start', data } } as const;
    await saveChanges(db(), sealer, {
      ...NO_CHANGES,
      outputs: [{ jobId: job.id, node: 'a', stdout: MARK, stderr: `${MARK}!` }],
      events: [{ ...event, jobId: job.id }],
      orgEvents: [{ ...event, jobId: job.id, orgId: ORG_ID }],
    });
    const all = await everything(db());
    assert.ok(all.includes('visible'));
    assert.ok(!all.includes(MARK));
    const hex = Buffer.from(MARK).toString('hex');
    assert.ok(!all.includes(hex));
  });

  it('Decision 11 seals the same value differently each time', async () => {
    await createJob(db(), sealer, aJob({ env: { A: MARK } }));
    await createJob(db(), sealer, aJob({ env: { A: MARK } }));
    const rows = await ask<{ env: Buffer }>(db(), 'select env from job_options');
    assert.notDeepEqual(rows[0]?.env, rows[1]?.env);
  });

  it('Decision 11 does not open a value that was changed, nor one of another key', async () => {
    const job = aJob({ env: { A: MARK } });
    await createJob(db(), sealer, job);
    const other = makeTestSealer(8);
    await assert.rejects(findJob(db(), other, ORG_ID, job.id), { code: 'missing_key' });
    await ask(db(), `update job_options set env = set_byte(env, 30, get_byte(env, 30) # 1)`);
    await assert.rejects(findJob(db(), sealer, ORG_ID, job.id), { code: 'changed' });
    await ask(db(), `update job_options set env = '\\x00'`);
    await assert.rejects(listJobs(db(), sealer, ORG_ID), { code: 'changed' });
  });

  it('Decision 11 reads rows that are not sealed yet', async () => {
    const job = aJob({ env: { A: MARK }, file: `raw:${MARK}ö`, nodes: ['a'] });
    await createJob(db(), sealer, job);
    await ask(db(), 'update job_options set key_id = null, env = $1, job_file = $2', [
      Buffer.from(JSON.stringify(job.env)),
      Buffer.from(job.file ?? ''),
    ]);
    await ask(db(), `insert into job_output values ($1, 'a', 0, 0, $2)`, [
      job.id,
      Buffer.from([0xff, 0]),
    ]);
    const found = await findJob(db(), sealer, ORG_ID, job.id);
    assert.deepEqual([found?.env, found?.file], [job.env, job.file]);
    const output = await findOutput(db(), sealer, ORG_ID, job.id, 'a', 'stdout');
    assert.deepEqual(output, Buffer.from([0xff, 0]));
  });

  it('Decision 11 seals what was stored plain, a bounded number at a time, and nothing twice', async () => {
    const jobs = Array.from({ length: 5 }, (_, i) =>
      aJob({
        nodes: ['a', 'b'],
        ...(i === 0 ? {} : { env: { A: `${MARK}${i}` } }),
        ...(i === 1 ? {} : { file: `raw:${MARK}${i}` }),
      }),
    );
    const bare = aJob({ dir: '/' });
    for (const job of [...jobs, bare]) {
      await createJob(db(), sealer, job);
      await ask(
        db(),
        'update job_options set key_id = null, env = $2, job_file = $3 where job_id = $1',
        [
          job.id,
          job.env === undefined ? null : Buffer.from(JSON.stringify(job.env)),
          job.file === undefined ? null : Buffer.from(job.file),
        ],
      );
      for (const [node, stream] of [
        ['a', 0],
        ['a', 1],
      ] as const) {
        await ask(db(), 'insert into job_output values ($1, $2, $3, 0, $4)', [
          job.id,
          node,
          stream,
          Buffer.from(stream === 0 ? `${MARK}${job.id}` : ''),
        ]);
      }
    }
    const sealed = await createSealed();
    const before = await ask(db(), 'select * from job_options where job_id = $1', [sealed.id]);
    const counts: number[] = [];
    for (;;) {
      const count = await sealPlainRows(db(), sealer, 3);
      if (count === 0) break;
      counts.push(count);
    }
    assert.deepEqual(counts, [6, 5, 3, 3]);
    assert.ok(!(await everything(db())).includes(MARK));
    for (const job of jobs) {
      const found = await findJob(db(), sealer, ORG_ID, job.id);
      assert.deepEqual([found?.env, found?.file], [job.env, job.file]);
      const output = await findOutput(db(), sealer, ORG_ID, job.id, 'a', 'stdout');
      assert.equal(output?.toString(), `${MARK}${job.id}`);
    }
    assert.deepEqual(
      await ask(db(), 'select * from job_options where job_id = $1', [sealed.id]),
      before,
    );
  });

  async function createSealed(): Promise<{ id: string }> {
    const job = aJob({ env: { A: MARK } });
    await createJob(db(), sealer, job);
    return job;
  }

  it('Decision 11 knows which keys are missing: those of rows that are there', async () => {
    const keys = [1, 2, 3, 4, 5];
    for (const id of keys) await addSealingKey(db(), id);
    await addSealingKey(db(), 1);
    assert.deepEqual(await missingSealingKeys(db(), []), []);
    const job = aJob({ env: { A: MARK }, nodes: ['a'] });
    await createJob(db(), makeTestSealer(1), job);
    const event = { seq: 1, at: 1, event: { name: 'quorum_succeeded', data: {} } } as const;
    const { id: jobId } = job;
    const outputs = [{ jobId, node: 'a', stdout: '', stderr: '' }];
    await saveChanges(db(), makeTestSealer(2), { ...NO_CHANGES, outputs });
    const events = [{ ...event, jobId }];
    await saveChanges(db(), makeTestSealer(3), { ...NO_CHANGES, events });
    const orgEvents = [{ ...event, jobId, orgId: ORG_ID }];
    await saveChanges(db(), makeTestSealer(4), { ...NO_CHANGES, orgEvents });
    assert.deepEqual(await missingSealingKeys(db(), []), [1, 2, 3, 4]);
    assert.deepEqual(await missingSealingKeys(db(), [2, 4, 99]), [1, 3]);
    assert.deepEqual(await missingSealingKeys(db(), keys), []);
  });
});
