import assert from 'node:assert/strict';
import { JOB_STATUSES, NODE_STATUSES, isFinished, isSettled } from '@pushy/protocol';
import { NO_CHANGES } from '../../../../server/src/core/job-record.ts';
import { createJob } from '../../../../server/src/db/create-job.ts';
import { findJob } from '../../../../server/src/db/find-job.ts';
import { saveChanges } from '../../../../server/src/db/save-changes.ts';
import { settleUnfinishedJobs } from '../../../../server/src/db/settle-unfinished-jobs.ts';
import { onBothEngines } from '../../../helpers/engines.ts';
import { aJob, CREATED_AT, ORG_ID } from '../../../helpers/jobs.ts';
import { sealer } from '../../../helpers/sealer.ts';

const NOW = CREATED_AT + 60_000;

onBothEngines('settleUnfinishedJobs', (db) => {
  it('REFERENCE 11, J4 ends what was in flight with all its nodes, and nothing else', async () => {
    const jobs = new Map(JOB_STATUSES.map((s) => [s, aJob({ nodes: [...NODE_STATUSES] })]));
    for (const [status, job] of jobs) {
      await createJob(db(), sealer, job);
      const at = CREATED_AT + 1000;
      await saveChanges(db(), sealer, {
        ...NO_CHANGES,
        outputs: [],
        nodes: NODE_STATUSES.map((s) => ({ jobId: job.id, node: s, status: s, at })),
        jobs: [{ jobId: job.id, status, at }],
      });
    }
    const expected = [...jobs].filter(([s]) => !isFinished(s)).map(([, job]) => job.id);
    assert.deepEqual(await settleUnfinishedJobs(db(), NOW), expected.sort());
    for (const [status, job] of jobs) {
      const found = await findJob(db(), sealer, ORG_ID, job.id);
      if (isFinished(status)) {
        assert.equal(found?.status, status);
        assert.equal(found.updatedAt, CREATED_AT + 1000);
        assert.deepEqual(found.nodes.new, ['new']);
      } else {
        assert.equal(found?.status, 'crashed');
        assert.equal(found.updatedAt, NOW);
        assert.deepEqual(found.nodes.crashed, ['crashed', 'ready', 'running']);
        assert.deepEqual(found.nodes.unavailable, ['new', 'unavailable']);
        const settled = NODE_STATUSES.filter(isSettled);
        assert.deepEqual(Object.keys(found.nodes).sort(), settled.toSorted());
      }
    }
  });

  it('finds nothing to do the second time', async () => {
    await createJob(db(), sealer, aJob());
    await settleUnfinishedJobs(db(), NOW);
    assert.deepEqual(await settleUnfinishedJobs(db(), NOW + 1), []);
  });
});
