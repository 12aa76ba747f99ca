import assert from 'node:assert/strict';
import type { StampedEvent } from '../../../../server/src/core/feed-event.ts';
import { NO_CHANGES } from '../../../../server/src/core/job-record.ts';
import { createJob } from '../../../../server/src/db/create-job.ts';
import { deleteJob } from '../../../../server/src/db/delete-job.ts';
import { pruneOrgEvents } from '../../../../server/src/db/prune-org-events.ts';
import { readOrgEvents } from '../../../../server/src/db/read-org-events.ts';
import { saveChanges } from '../../../../server/src/db/save-changes.ts';
import { ask, onBothEngines } from '../../../helpers/engines.ts';
import { aJob, ORG_ID } from '../../../helpers/jobs.ts';
import { sealer } from '../../../helpers/sealer.ts';

const OTHER_ORG = 'f'.repeat(32);
/** Microseconds since 1970. */
const AT = 1_346_799_662_123_456;

function ended(seq: number): StampedEvent {
  return { seq, at: AT + seq, event: { name: 'job_complete', data: { status: 'complete' } } };
}

onBothEngines('events of organizations', (db) => {
  const save = (orgId: string, jobId: string, ...seqs: number[]): Promise<void> =>
    saveChanges(db(), sealer, {
      ...NO_CHANGES,
      orgEvents: seqs.map((seq) => ({ ...ended(seq), jobId, orgId })),
    });

  it('Decision 1 gives every feed back with its events in their order', async () => {
    await save(OTHER_ORG, 'x', 1);
    await save(ORG_ID, 'a', 9, 10);
    await save(ORG_ID, 'b', 11);
    // Again: the answer to the first was lost.
    await save(ORG_ID, 'b', 11);
    assert.deepEqual(await readOrgEvents(db(), sealer), [
      {
        orgId: ORG_ID,
        lastSeq: 11,
        lastAt: AT + 11,
        events: [
          { ...ended(9), jobId: 'a' },
          { ...ended(10), jobId: 'a' },
          { ...ended(11), jobId: 'b' },
        ],
      },
      { orgId: OTHER_ORG, lastSeq: 1, lastAt: AT + 1, events: [{ ...ended(1), jobId: 'x' }] },
    ]);
  });

  it('REFERENCE 9.2 forgets old events but never the newest, so that numbers go on', async () => {
    await save(ORG_ID, 'a', 1, 2, 3, 4);
    await save(OTHER_ORG, 'a', 1, 2);
    await pruneOrgEvents(db(), AT + 3);
    const seqs = async (): Promise<number[][]> =>
      (await readOrgEvents(db(), sealer)).map(({ events }) => events.map(({ seq }) => seq));
    assert.deepEqual(await seqs(), [[3, 4], [2]]);
    await pruneOrgEvents(db(), AT + 1000);
    assert.deepEqual(await seqs(), [[4], [2]]);
  });

  it('Decision 13 a deleted job leaves nothing in them but the newest number', async () => {
    const [one, two] = [aJob(), aJob()];
    for (const { id } of [one, two]) {
      await createJob(db(), sealer, one.id === id ? one : two);
      await saveChanges(db(), sealer, {
        ...NO_CHANGES,
        jobs: [{ jobId: id, status: 'complete', at: 1 }],
      });
    }
    await save(ORG_ID, one.id, 1);
    await save(ORG_ID, two.id, 2);
    await save(ORG_ID, one.id, 3, 4);
    assert.equal(await deleteJob(db(), ORG_ID, one.id), 'deleted');
    assert.deepEqual(await readOrgEvents(db(), sealer), [
      { orgId: ORG_ID, lastSeq: 4, lastAt: AT + 4, events: [{ ...ended(2), jobId: two.id }] },
    ]);
    const [row] = await ask(db(), 'select key_id, data from org_events where seq = 4');
    assert.deepEqual(row, { key_id: null, data: null });
  });
});
