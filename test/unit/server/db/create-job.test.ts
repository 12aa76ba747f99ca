import assert from 'node:assert/strict';
import { createJob } from '../../../../server/src/db/create-job.ts';
import { DbError } from '../../../../server/src/db/db-error.ts';
import { findJob } from '../../../../server/src/db/find-job.ts';
import { ask, onBothEngines } from '../../../helpers/engines.ts';
import { aJob, CREATED_AT, ORG_ID } from '../../../helpers/jobs.ts';
import { sealer } from '../../../helpers/sealer.ts';

onBothEngines('createJob', (db) => {
  it('REFERENCE 8.3 stores a job as voting and its nodes as new', async () => {
    const job = aJob({ nodes: ['web2', 'web1'] });
    await createJob(db(), sealer, job);
    assert.deepEqual(await findJob(db(), sealer, ORG_ID, job.id), {
      id: job.id,
      orgId: ORG_ID,
      requester: 'pivotal',
      command: 'chef-client',
      status: 'voting',
      quorum: 2,
      runTimeout: 3600,
      capture: false,
      createdAt: CREATED_AT,
      updatedAt: CREATED_AT,
      nodes: { new: ['web1', 'web2'] },
    });
  });

  it('REFERENCE 8.3 gives every option back as it came', async () => {
    const options = {
      user: 'daemon   ',
      dir: '/tmp/ö  ',
      env: { A: 'x\ny', 'B ': '"\\', __proto__x: '' },
      file: `base64:${'A'.repeat(100_000)}`,
      capture: true,
    };
    const job = aJob(options);
    await createJob(db(), sealer, job);
    const { user, dir, env, file, capture } = (await findJob(db(), sealer, ORG_ID, job.id)) ?? {};
    assert.deepEqual({ user, dir, env, file, capture }, options);
  });

  it('REFERENCE 8.3 accepts an empty command, an empty env, a timeout of 0 and a quorum of 999', async () => {
    const job = aJob({ command: '', env: {}, runTimeout: 0, quorum: 999 });
    await createJob(db(), sealer, job);
    const found = await findJob(db(), sealer, ORG_ID, job.id);
    assert.deepEqual(
      [found?.command, found?.env, found?.runTimeout, found?.quorum],
      ['', {}, 0, 999],
    );
  });

  it('H6 has no limit for a user name, and keeps the largest whole number', async () => {
    const job = aJob({ user: 'u'.repeat(1000), quorum: Number.MAX_SAFE_INTEGER });
    await createJob(db(), sealer, job);
    const found = await findJob(db(), sealer, ORG_ID, job.id);
    assert.equal(found?.user, job.user);
    assert.equal(found?.quorum, Number.MAX_SAFE_INTEGER);
  });

  it('REFERENCE 11 writes no options row for a job without options', async () => {
    await createJob(db(), sealer, aJob());
    assert.deepEqual(await ask(db(), 'select job_id from job_options'), []);
  });

  it('H3 leaves nothing behind of a job that cannot be stored', async () => {
    const job = aJob({ nodes: ['web1', 'web1'], user: 'daemon' });
    await assert.rejects(createJob(db(), sealer, job), (error) => {
      return error instanceof DbError && error.code === 'failed';
    });
    for (const table of ['jobs', 'job_options', 'job_nodes']) {
      assert.deepEqual(await ask(db(), `select 1 from ${table}`), []);
    }
  });

  it('stores 9,000 nodes in one statement', async () => {
    const nodes = Array.from({ length: 9_000 }, (_, i) => `node-${i}.example.com`);
    const job = aJob({ nodes });
    await createJob(db(), sealer, job);
    const found = await findJob(db(), sealer, ORG_ID, job.id);
    assert.deepEqual(found?.nodes.new?.length, 9_000);
  });
});
