import assert from 'node:assert/strict';
import { createJob } from '../../../../server/src/db/create-job.ts';
import { findJob } from '../../../../server/src/db/find-job.ts';
import { listJobs } from '../../../../server/src/db/list-jobs.ts';
import { ask, onBothEngines } from '../../../helpers/engines.ts';
import { aJob, CREATED_AT, ORG_ID } from '../../../helpers/jobs.ts';
import { sealer } from '../../../helpers/sealer.ts';

const OTHER_ORG = 'f'.repeat(32);

onBothEngines('findJob and listJobs', (db) => {
  it('REFERENCE 8.5 knows no job of an unknown id, whatever text it is', async () => {
    await createJob(db(), sealer, aJob());
    for (const id of ['', 'x', "'; drop table jobs", '0'.repeat(32), 'a\0b', '\ud800']) {
      assert.equal(await findJob(db(), sealer, ORG_ID, id), undefined);
    }
  });

  it("S2 does not find another organization's job", async () => {
    const job = aJob();
    await createJob(db(), sealer, job);
    assert.equal(await findJob(db(), sealer, OTHER_ORG, job.id), undefined);
    assert.deepEqual(await listJobs(db(), sealer, OTHER_ORG), []);
  });

  it('H9 lists the jobs of an organization newest first', async () => {
    const jobs = [5, 1, 9, 3].map((s) => aJob({ createdAt: CREATED_AT + s * 1000 }));
    for (const job of jobs) await createJob(db(), sealer, job);
    const listed = await listJobs(db(), sealer, ORG_ID);
    const seconds = listed.map((job) => (job.createdAt - CREATED_AT) / 1000);
    assert.deepEqual(seconds, [9, 5, 3, 1]);
  });

  it('REFERENCE 8.4 a list says that a job has a file and does not read it', async () => {
    await createJob(db(), sealer, aJob({ file: 'raw:secret' }));
    await createJob(db(), sealer, aJob({ createdAt: CREATED_AT + 1, dir: '/', env: { A: 'b' } }));
    const [without, withFile] = await listJobs(db(), sealer, ORG_ID);
    assert.equal(withFile?.file, '');
    assert.equal(without !== undefined && 'file' in without, false);
    assert.deepEqual([without?.dir, without?.env], ['/', { A: 'b' }]);
  });

  it('D1 reads times as UTC whatever the time zone of the database session', async () => {
    const job = aJob();
    await createJob(db(), sealer, job);
    const found = await db().tx(async (tx) => {
      await tx.script("set local timezone = 'America/New_York'");
      return findJob(tx, sealer, ORG_ID, job.id);
    });
    assert.equal(found?.createdAt, CREATED_AT);
    const [row] = await ask<{ utc: string }>(
      db(),
      "select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') as utc from jobs",
    );
    assert.equal(row?.utc, '2012-09-04 23:01:02.123');
  });
});
