import assert from 'node:assert/strict';
import { NO_CHANGES, type JobQuery } from '../../../../server/src/core/job-record.ts';
import { createJob } from '../../../../server/src/db/create-job.ts';
import { findJobDetail } from '../../../../server/src/db/find-job-detail.ts';
import { listJobDetails, listJobs } from '../../../../server/src/db/list-jobs.ts';
import { saveChanges } from '../../../../server/src/db/save-changes.ts';
import { onBothEngines } from '../../../helpers/engines.ts';
import { aJob, CREATED_AT, ORG_ID } from '../../../helpers/jobs.ts';
import { sealer } from '../../../helpers/sealer.ts';

const OTHER_ORG = 'f'.repeat(32);

onBothEngines('listJobs with a query', (db) => {
  /** Ids of six jobs, newest first; 2 and 3 were made in the same millisecond. */
  async function make(): Promise<string[]> {
    const at = (i: number): number => CREATED_AT - [0, 1, 2, 2, 4, 5][i]! * 1000;
    const jobs = [0, 1, 2, 3, 4, 5].map((i) =>
      aJob({
        createdAt: at(i),
        command: i % 2 === 0 ? 'even' : 'odd',
        requester: i < 3 ? 'ann' : 'bob',
        nodes: i === 4 ? ['a', 'b', 'c'] : ['a'],
      }),
    );
    for (const job of jobs) await createJob(db(), sealer, job);
    await createJob(db(), sealer, aJob({ orgId: OTHER_ORG, createdAt: CREATED_AT }));
    const same = jobs.slice(2, 4).map(({ id }) => id);
    return jobs.map(({ id }, i) => (i === 2 || i === 3 ? same.sort().reverse()[i - 2]! : id));
  }
  const ids = async (query: JobQuery, orgId = ORG_ID): Promise<string[]> =>
    (await listJobs(db(), sealer, orgId, query)).map(({ id }) => id);

  it('H9 pages through the list without missing or repeating a job', async () => {
    const all = await make();
    assert.deepEqual(await ids({}), all);
    const paged: string[] = [];
    for (;;) {
      const after = paged.at(-1);
      const page = await ids({ limit: 1, ...(after === undefined ? {} : { after }) });
      if (page.length === 0) break;
      paged.push(...page);
    }
    assert.deepEqual(paged, all);
    assert.deepEqual(await ids({ limit: 4, after: all[0]! }), all.slice(1, 5));
    assert.deepEqual(await ids({ limit: 0 }), []);
  });

  it("S2 lists nothing after another organization's job or one that is not there", async () => {
    const all = await make();
    assert.deepEqual(await ids({ after: all[0]! }, OTHER_ORG), []);
    assert.deepEqual(await ids({ after: 'f'.repeat(32) }), []);
    assert.deepEqual(await ids({ after: 'a\0' }), []);
  });

  it('chooses by status, command, requester and node', async () => {
    const all = await make();
    const jobs = [{ jobId: all[1]!, status: 'complete', at: CREATED_AT }] as const;
    await saveChanges(db(), sealer, { ...NO_CHANGES, jobs });
    assert.deepEqual(await ids({ status: 'complete' }), [all[1]]);
    assert.equal((await ids({ status: 'voting' })).length, 5);
    assert.deepEqual(await ids({ node: 'b' }), [all[4]]);
    assert.deepEqual(await ids({ node: 'nobody' }), []);
    assert.deepEqual(await ids({ command: "ev'en" }), []);
    assert.deepEqual(await ids({ requester: 'ann', command: 'odd' }), [all[1]]);
    assert.deepEqual(await ids({ command: 'odd', after: all[1]!, limit: 1 }), [
      (await ids({ command: 'odd' }))[1],
    ]);
  });

  it('counts the nodes of each job by status', async () => {
    const all = await make();
    const nodes = [{ jobId: all[4]!, node: 'a', status: 'ready', at: CREATED_AT }] as const;
    await saveChanges(db(), sealer, { ...NO_CHANGES, nodes });
    const listed = await listJobDetails(db(), sealer, ORG_ID, { after: all[3]!, limit: 1 });
    assert.deepEqual(
      listed.map(({ id, counts }) => ({ id, counts })),
      [{ id: all[4], counts: { ready: 1, new: 2 } }],
    );
    const [newest] = await listJobDetails(db(), sealer, ORG_ID);
    assert.deepEqual(newest?.counts, { new: 1 });
    const found = await findJobDetail(db(), sealer, ORG_ID, all[4]!);
    assert.deepEqual(found?.counts, { ready: 1, new: 2 });
    assert.deepEqual(found.nodes, { ready: ['a'], new: ['b', 'c'] });
    assert.equal(await findJobDetail(db(), sealer, OTHER_ORG, all[4]!), undefined);
  });
});
