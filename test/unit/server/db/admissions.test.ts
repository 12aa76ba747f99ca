import assert from 'node:assert/strict';
import { listAdmissions } from '../../../../server/src/db/list-admissions.ts';
import { listGenerations } from '../../../../server/src/db/list-generations.ts';
import { removeAdmissions } from '../../../../server/src/db/remove-admissions.ts';
import { removeLapsedAdmissions } from '../../../../server/src/db/remove-lapsed-admissions.ts';
import { saveAdmission, type AdmissionRow } from '../../../../server/src/db/save-admission.ts';
import { onBothEngines } from '../../../helpers/engines.ts';
import { CREATED_AT, ORG_ID } from '../../../helpers/jobs.ts';

function anAdmission(key: number, given: Partial<AdmissionRow> = {}): Required<AdmissionRow> {
  return {
    orgId: ORG_ID,
    node: 'web1',
    curveKey: Buffer.alloc(32, key),
    requester: { name: 'web1', type: 'client' },
    renewedAt: CREATED_AT + key,
    capabilities: [],
    ...given,
  };
}

onBothEngines('admissions', (db) => {
  const keys = async (): Promise<(number | undefined)[]> =>
    (await listAdmissions(db())).map((row) => row.curveKey[0]);

  it('gives an admission back as it was', async () => {
    await saveAdmission(db(), anAdmission(0xff), 3);
    assert.deepEqual(await listAdmissions(db()), [anAdmission(0xff)]);
  });

  it('Decision 12 keeps what a node can do with its key', async () => {
    await saveAdmission(db(), anAdmission(1), 3);
    const capabilities = ['result_ack', 'with space, "quote" and {brace}'];
    await saveAdmission(db(), anAdmission(1, { capabilities }), 3);
    assert.deepEqual(await listAdmissions(db()), [anAdmission(1, { capabilities })]);
  });

  it('Decision 12 keeps the newest few keys of a node, and only looks at that node', async () => {
    const other = anAdmission(1, { node: 'web2' });
    await saveAdmission(db(), other, 3);
    for (const key of [2, 3, 4, 5, 6]) await saveAdmission(db(), anAdmission(key), 3);
    assert.deepEqual(await keys(), [1, 4, 5, 6]);
  });

  it('renews a key that is there, which then is the newest', async () => {
    for (const key of [1, 2, 3]) await saveAdmission(db(), anAdmission(key), 3);
    await saveAdmission(db(), anAdmission(1, { renewedAt: CREATED_AT + 10 }), 3);
    await saveAdmission(db(), anAdmission(11), 3);
    assert.deepEqual(await keys(), [3, 1, 11]);
  });

  it('removes the keys of a node', async () => {
    for (const key of [1, 2]) await saveAdmission(db(), anAdmission(key), 3);
    await saveAdmission(db(), anAdmission(3, { node: 'web2' }), 3);
    await removeAdmissions(db(), ORG_ID, 'web1');
    assert.deepEqual(await keys(), [3]);
  });

  it('Decision 12 counts how often a node was removed, and never backwards', async () => {
    const generation = async (): Promise<number | undefined> =>
      (await listGenerations(db())).find(({ node }) => node === 'web1')?.generation;
    assert.equal(await generation(), undefined);
    await removeAdmissions(db(), ORG_ID, 'web1');
    assert.equal(await generation(), 1);
    // What a server knows of the same removal.
    await removeAdmissions(db(), ORG_ID, 'web1', 1);
    assert.equal(await generation(), 1);
    await removeAdmissions(db(), ORG_ID, 'web1');
    await removeAdmissions(db(), ORG_ID, 'web1', 1);
    assert.equal(await generation(), 2);
    await removeAdmissions(db(), ORG_ID, 'web2', 7);
    assert.deepEqual(
      (await listGenerations(db())).sort((a, b) => a.generation - b.generation),
      [
        { orgId: ORG_ID, node: 'web1', generation: 2 },
        { orgId: ORG_ID, node: 'web2', generation: 7 },
      ],
    );
  });

  it('removes the keys that nobody renewed', async () => {
    for (const key of [1, 2, 3]) await saveAdmission(db(), anAdmission(key), 3);
    await removeLapsedAdmissions(db(), CREATED_AT + 2);
    assert.deepEqual(await keys(), [3]);
  });
});
