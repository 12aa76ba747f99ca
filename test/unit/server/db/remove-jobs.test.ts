import assert from 'node:assert/strict';
import { JOB_STATUSES, isFinished, type JobStatus } from '@pushy/protocol';
import { NO_CHANGES, type NewJob } from '../../../../server/src/core/job-record.ts';
import { createJob } from '../../../../server/src/db/create-job.ts';
import { deleteJob } from '../../../../server/src/db/delete-job.ts';
import { findJob } from '../../../../server/src/db/find-job.ts';
import { listJobs } from '../../../../server/src/db/list-jobs.ts';
import { pruneJobs } from '../../../../server/src/db/prune-jobs.ts';
import { saveChanges } from '../../../../server/src/db/save-changes.ts';
import { ask, onBothEngines } from '../../../helpers/engines.ts';
import { aJob, CREATED_AT, ORG_ID } from '../../../helpers/jobs.ts';
import { sealer } from '../../../helpers/sealer.ts';

const OTHER_ORG = 'f'.repeat(32);
const CHILDREN = ['job_options', 'job_nodes', 'job_output', 'job_events'];

onBothEngines('deleteJob and pruneJobs', (db) => {
  /** A job with a row in every table. */
  async function make(status: JobStatus, given: Partial<NewJob> = {}): Promise<NewJob> {
    const job = aJob({ env: { A: 'b' }, nodes: ['a', 'b'], ...given });
    await createJob(db(), sealer, job);
    const { id: jobId } = job;
    await saveChanges(db(), sealer, {
      ...NO_CHANGES,
      outputs: [{ jobId, node: 'a', stdout: 'x', stderr: '' }],
      jobs: [{ jobId, status, at: job.createdAt + 1000 }],
      events: [{ jobId, seq: 1, at: 1, event: { name: 'quorum_succeeded', data: {} } }],
    });
    return job;
  }
  const rows = async (): Promise<string[]> => {
    const left: string[] = [];
    for (const table of ['jobs', ...CHILDREN]) {
      if ((await ask(db(), `select 1 from ${table}`)).length > 0) left.push(table);
    }
    return left;
  };

  it('Decision 8 removes a finished job with all that belongs to it', async () => {
    for (const status of JOB_STATUSES.filter(isFinished)) {
      const job = await make(status);
      assert.equal(await deleteJob(db(), ORG_ID, job.id), 'deleted');
      assert.deepEqual(await rows(), []);
      assert.equal(await deleteJob(db(), ORG_ID, job.id), 'missing');
    }
  });

  it('Decision 8 leaves a job in flight', async () => {
    for (const status of JOB_STATUSES.filter((s) => !isFinished(s))) {
      const job = await make(status);
      assert.equal(await deleteJob(db(), ORG_ID, job.id), 'in_flight');
      assert.equal((await findJob(db(), sealer, ORG_ID, job.id))?.status, status);
    }
  });

  it("S2 does not remove another organization's job", async () => {
    const job = await make('complete');
    assert.equal(await deleteJob(db(), OTHER_ORG, job.id), 'missing');
    assert.equal(await deleteJob(db(), ORG_ID, `${job.id}\0`), 'missing');
    assert.deepEqual(await rows(), ['jobs', ...CHILDREN]);
  });

  const listed = async (orgId = ORG_ID): Promise<string[]> =>
    (await listJobs(db(), sealer, orgId)).map(({ id }) => id);

  it('removes what ended too long ago, a bounded number at a time, the oldest first', async () => {
    const jobs: NewJob[] = [];
    for (const i of [0, 1, 2, 3, 4]) {
      jobs.push(await make('complete', { createdAt: CREATED_AT + i * 1000 }));
    }
    const running = await make('running', { createdAt: CREATED_AT });
    const ids = jobs.map(({ id }) => id);
    // The job made at CREATED_AT + i s ended a second later.
    const old = { olderThan: CREATED_AT + 4000, limit: 2 };
    assert.deepEqual(await pruneJobs(db(), old), [ids[0], ids[1]]);
    assert.deepEqual(await pruneJobs(db(), old), [ids[2]]);
    assert.deepEqual(await pruneJobs(db(), old), []);
    assert.deepEqual((await listed()).sort(), [ids[3], ids[4], running.id].sort());
  });

  it('keeps the newest so many jobs of each organization, and those in flight', async () => {
    const jobs: NewJob[] = [];
    for (const i of [0, 1, 2, 3, 4, 5]) {
      const status = i === 1 ? 'voting' : 'complete';
      jobs.push(await make(status, { createdAt: CREATED_AT + i * 1000 }));
    }
    const other = await make('complete', { orgId: OTHER_ORG, createdAt: CREATED_AT });
    const ids = jobs.map(({ id }) => id);
    assert.deepEqual(await pruneJobs(db(), { keepPerOrg: 3, limit: 10 }), [ids[0], ids[2]]);
    assert.deepEqual(await listed(), [ids[5], ids[4], ids[3], ids[1]]);
    assert.deepEqual(await listed(OTHER_ORG), [other.id]);
    assert.deepEqual(await pruneJobs(db(), { keepPerOrg: 0, limit: 1 }), [other.id]);
    await pruneJobs(db(), { keepPerOrg: 0, limit: 10 });
    assert.deepEqual([await listed(), await listed(OTHER_ORG)], [[ids[1]], []]);
  });

  it('removes nothing without a limit of age or number', async () => {
    await make('complete');
    assert.deepEqual(await pruneJobs(db(), { limit: 10 }), []);
  });
});
