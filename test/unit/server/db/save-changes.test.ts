import assert from 'node:assert/strict';
import { NODE_STATUSES } from '@pushy/protocol';
import { NO_CHANGES } from '../../../../server/src/core/job-record.ts';
import { createJob } from '../../../../server/src/db/create-job.ts';
import { findJob } from '../../../../server/src/db/find-job.ts';
import { findOutput } from '../../../../server/src/db/find-output.ts';
import { saveChanges } from '../../../../server/src/db/save-changes.ts';
import { ask, onBothEngines } from '../../../helpers/engines.ts';
import { aJob, CREATED_AT, ORG_ID } from '../../../helpers/jobs.ts';
import { sealer } from '../../../helpers/sealer.ts';

const LATER = CREATED_AT + 5_000;

onBothEngines('saveChanges', (db) => {
  it('writes the states of nodes and jobs, several jobs at a time', async () => {
    const [one, two] = [aJob({ nodes: ['a', 'b', 'c'] }), aJob({ nodes: ['a', 'b'] })];
    await createJob(db(), sealer, one);
    await createJob(db(), sealer, two);
    await saveChanges(db(), sealer, {
      ...NO_CHANGES,
      outputs: [],
      nodes: [
        { jobId: one.id, node: 'a', status: 'succeeded', at: LATER },
        { jobId: one.id, node: 'b', status: 'failed', at: LATER },
        { jobId: two.id, node: 'a', status: 'nacked', at: LATER },
      ],
      jobs: [
        { jobId: one.id, status: 'complete', at: LATER },
        { jobId: two.id, status: 'running', at: LATER + 1 },
      ],
    });
    const first = await findJob(db(), sealer, ORG_ID, one.id);
    assert.deepEqual(first?.nodes, { new: ['c'], succeeded: ['a'], failed: ['b'] });
    assert.deepEqual([first.status, first.updatedAt], ['complete', LATER]);
    const second = await findJob(db(), sealer, ORG_ID, two.id);
    assert.deepEqual(second?.nodes, { new: ['b'], nacked: ['a'] });
    assert.deepEqual([second.status, second.updatedAt], ['running', LATER + 1]);
  });

  it('knows every status of a node', async () => {
    const job = aJob({ nodes: [...NODE_STATUSES] });
    await createJob(db(), sealer, job);
    const nodes = NODE_STATUSES.map((s) => ({ jobId: job.id, node: s, status: s, at: LATER }));
    await saveChanges(db(), sealer, { ...NO_CHANGES, nodes });
    const found = await findJob(db(), sealer, ORG_ID, job.id);
    assert.deepEqual(found?.nodes, Object.fromEntries(NODE_STATUSES.map((s) => [s, [s]])));
  });

  it('takes the last word where a batch speaks twice of the same node or job', async () => {
    const job = aJob({ nodes: ['a'] });
    await createJob(db(), sealer, job);
    const node = { jobId: job.id, node: 'a' };
    await saveChanges(db(), sealer, {
      ...NO_CHANGES,
      outputs: [],
      nodes: [
        { ...node, status: 'ready', at: LATER },
        { ...node, status: 'running', at: LATER + 1 },
        { ...node, status: 'succeeded', at: LATER + 2 },
      ],
      jobs: [
        { jobId: job.id, status: 'running', at: LATER },
        { jobId: job.id, status: 'complete', at: LATER + 2 },
      ],
    });
    const found = await findJob(db(), sealer, ORG_ID, job.id);
    assert.deepEqual(found?.nodes, { succeeded: ['a'] });
    assert.deepEqual([found.status, found.updatedAt], ['complete', LATER + 2]);
  });

  it('REFERENCE 8.5 changes the time of a job with its status alone', async () => {
    const job = aJob({ nodes: ['a'] });
    await createJob(db(), sealer, job);
    await saveChanges(db(), sealer, {
      ...NO_CHANGES,
      outputs: [],
      nodes: [{ jobId: job.id, node: 'a', status: 'ready', at: LATER }],
      jobs: [{ jobId: job.id, status: 'voting', at: LATER }],
    });
    assert.equal((await findJob(db(), sealer, ORG_ID, job.id))?.updatedAt, CREATED_AT);
  });

  it('REFERENCE 8.6 keeps both streams byte for byte, NUL and empty ones included', async () => {
    const job = aJob({ nodes: ['a', 'b'] });
    await createJob(db(), sealer, job);
    const outputs = [
      { jobId: job.id, node: 'a', stdout: 'x\0y\r\nö€😀', stderr: '' },
      { jobId: job.id, node: 'b', stdout: '', stderr: '{"\\":1}, "' },
    ];
    await saveChanges(db(), sealer, { ...NO_CHANGES, outputs });
    for (const { node, stdout, stderr } of outputs) {
      const out = await findOutput(db(), sealer, ORG_ID, job.id, node, 'stdout');
      const err = await findOutput(db(), sealer, ORG_ID, job.id, node, 'stderr');
      assert.deepEqual([out, err], [Buffer.from(stdout), Buffer.from(stderr)]);
    }
  });

  it('REFERENCE 8.6 knows no output of unknown jobs and nodes, nor of another organization (S2)', async () => {
    const job = aJob({ nodes: ['a'] });
    await createJob(db(), sealer, job);
    const outputs = [{ jobId: job.id, node: 'a', stdout: 'x', stderr: 'y' }];
    await saveChanges(db(), sealer, { ...NO_CHANGES, outputs });
    const none = [
      await findOutput(db(), sealer, ORG_ID, 'other', 'a', 'stdout'),
      await findOutput(db(), sealer, ORG_ID, job.id, 'b', 'stdout'),
      await findOutput(db(), sealer, ORG_ID, job.id, 'a\0', 'stdout'),
      await findOutput(db(), sealer, 'f'.repeat(32), job.id, 'a', 'stdout'),
    ];
    assert.deepEqual(none, [undefined, undefined, undefined, undefined]);
  });

  it('J2 keeps the first output where a node sends two, in one batch or in two', async () => {
    const job = aJob({ nodes: ['a'] });
    await createJob(db(), sealer, job);
    const output = { jobId: job.id, node: 'a', stderr: '' };
    await saveChanges(db(), sealer, {
      ...NO_CHANGES,
      ...NO_CHANGES,
      outputs: [
        { ...output, stdout: 'first' },
        { ...output, stdout: 'second' },
      ],
    });
    await saveChanges(db(), sealer, { ...NO_CHANGES, outputs: [{ ...output, stdout: 'third' }] });
    const kept = await findOutput(db(), sealer, ORG_ID, job.id, 'a', 'stdout');
    assert.equal(kept?.toString(), 'first');
  });

  it('Decision 14 joins the rows of a stream in their order', async () => {
    const job = aJob({ nodes: ['a'] });
    await createJob(db(), sealer, job);
    for (const [seq, text] of [
      [2, 'c'],
      [0, 'a'],
      [1, 'b'],
    ] as const) {
      const row = [job.id, seq, Buffer.from(text)];
      await ask(db(), `insert into job_output values ($1, 'a', 0, $2, $3)`, row);
    }
    const joined = await findOutput(db(), sealer, ORG_ID, job.id, 'a', 'stdout');
    assert.equal(joined?.toString(), 'abc');
  });

  it('writes the rest of a batch where one of its jobs is gone', async () => {
    const job = aJob({ nodes: ['a'] });
    await createJob(db(), sealer, job);
    await saveChanges(db(), sealer, {
      ...NO_CHANGES,
      outputs: [
        { jobId: 'gone', node: 'a', stdout: 'x', stderr: '' },
        { jobId: job.id, node: 'a', stdout: 'y', stderr: '' },
      ],
      nodes: [
        { jobId: 'gone', node: 'a', status: 'succeeded', at: LATER },
        { jobId: job.id, node: 'a', status: 'succeeded', at: LATER },
      ],
      jobs: [{ jobId: 'gone', status: 'complete', at: LATER }],
    });
    assert.deepEqual((await findJob(db(), sealer, ORG_ID, job.id))?.nodes, { succeeded: ['a'] });
    const kept = await findOutput(db(), sealer, ORG_ID, job.id, 'a', 'stdout');
    assert.equal(kept?.toString(), 'y');
  });

  it('writes outputs that are larger together than one statement takes', async () => {
    const nodes = Array.from({ length: 20 }, (_, i) => `n${i}`);
    const job = aJob({ nodes });
    await createJob(db(), sealer, job);
    const stdout = 'x'.repeat(1_000_000);
    const outputs = nodes.map((node) => ({ jobId: job.id, node, stdout, stderr: node }));
    await saveChanges(db(), sealer, { ...NO_CHANGES, outputs });
    const [row] = await ask<{ n: number; bytes: number }>(
      db(),
      'select count(*)::integer as n, sum(length(data))::integer as bytes from job_output where stream = 0',
    );
    const sealing = 24 + 16;
    assert.deepEqual(row, { n: 20, bytes: 20 * (1_000_000 + sealing) });
  }).timeout(60_000);

  it('writes all of a batch or nothing', async () => {
    const job = aJob({ nodes: ['a'] });
    await createJob(db(), sealer, job);
    await ask(db(), `alter table jobs add check (status <> 2)`);
    await assert.rejects(
      saveChanges(db(), sealer, {
        ...NO_CHANGES,
        outputs: [{ jobId: job.id, node: 'a', stdout: 'x', stderr: '' }],
        nodes: [{ jobId: job.id, node: 'a', status: 'succeeded', at: LATER }],
        jobs: [{ jobId: job.id, status: 'complete', at: LATER }],
      }),
    );
    assert.deepEqual((await findJob(db(), sealer, ORG_ID, job.id))?.nodes, { new: ['a'] });
    assert.equal(await findOutput(db(), sealer, ORG_ID, job.id, 'a', 'stdout'), undefined);
  });

  it('does nothing for an empty batch', async () => {
    await saveChanges(db(), sealer, NO_CHANGES);
  });
});
