import assert from 'node:assert/strict';
import { JOB_STATUSES, isFinished } from '@pushy/protocol';
import type { StampedEvent } from '../../../../server/src/core/feed-event.ts';
import { NO_CHANGES } from '../../../../server/src/core/job-record.ts';
import { createJob } from '../../../../server/src/db/create-job.ts';
import { dropEndedEvents } from '../../../../server/src/db/drop-ended-events.ts';
import { dropEvents } from '../../../../server/src/db/drop-events.ts';
import { readUnfinishedJobs } from '../../../../server/src/db/read-unfinished-jobs.ts';
import { saveChanges } from '../../../../server/src/db/save-changes.ts';
import { ask, onBothEngines } from '../../../helpers/engines.ts';
import { aJob, CREATED_AT } from '../../../helpers/jobs.ts';
import { sealer } from '../../../helpers/sealer.ts';

const LATER = CREATED_AT + 5000;

function vote(seq: number, node = `n${seq}`): StampedEvent {
  const event = { name: 'quorum_vote', data: { node, status: 'success' } } as const;
  return { seq, at: CREATED_AT * 1000 + seq, event };
}

onBothEngines('readUnfinishedJobs', (db) => {
  const eventsOf = async (jobId: string): Promise<readonly StampedEvent[] | undefined> =>
    (await readUnfinishedJobs(db(), sealer)).find(({ job }) => job.id === jobId)?.events;

  it('Decision 3 gives a job back as it was asked for, and how far it came', async () => {
    const job = aJob({
      nodes: ['a', 'b', 'c'],
      orgName: 'acme',
      user: 'daemon',
      dir: '/tmp',
      env: { A: 'b' },
      file: 'raw:x',
      capture: true,
      quorum: 2,
    });
    await createJob(db(), sealer, job);
    const nodes = ['a', 'b'].map(
      (node) => ({ jobId: job.id, node, status: 'running', at: LATER }) as const,
    );
    const jobs = [{ jobId: job.id, status: 'running', at: LATER }] as const;
    const events = [vote(1), vote(2)].map((event) => ({ ...event, jobId: job.id }));
    await saveChanges(db(), sealer, { ...NO_CHANGES, nodes, jobs, events });
    assert.deepEqual(await readUnfinishedJobs(db(), sealer), [
      {
        job,
        status: 'running',
        updatedAt: LATER,
        stopped: false,
        nodes: [
          { node: 'a', status: 'running', stopped: false },
          { node: 'b', status: 'running', stopped: false },
          { node: 'c', status: 'new', stopped: false },
        ],
        events: [vote(1), vote(2)],
      },
    ]);
  });

  it('Decision 3 reads jobs without options and without events, the oldest first, and no finished one', async () => {
    const jobs = JOB_STATUSES.map((status, i) => ({
      status,
      job: aJob({ createdAt: CREATED_AT - i }),
    }));
    for (const { status, job } of jobs) {
      await createJob(db(), sealer, job);
      const change = { jobId: job.id, status, at: LATER };
      await saveChanges(db(), sealer, {
        ...NO_CHANGES,
        jobs: [change],
        events: [{ ...vote(1), jobId: job.id }],
      });
    }
    const bare = aJob({ createdAt: CREATED_AT + 1 });
    await createJob(db(), sealer, bare);
    const found = await readUnfinishedJobs(db(), sealer);
    const expected = jobs.filter(({ status }) => !isFinished(status)).reverse();
    assert.deepEqual(
      found.map(({ job, status }) => ({ job, status })),
      [...expected.map(({ job, status }) => ({ job, status })), { job: bare, status: 'voting' }],
    );
    assert.deepEqual(found.at(-1)?.events, []);
  });

  it('Decision 8 knows who was asked to stop and has not', async () => {
    const [whole, some] = [aJob({ nodes: ['a'] }), aJob({ nodes: ['a', 'b', 'c'] })];
    await createJob(db(), sealer, whole);
    await createJob(db(), sealer, some);
    await saveChanges(db(), sealer, {
      ...NO_CHANGES,
      stops: [
        { jobId: whole.id },
        { jobId: some.id, nodes: ['a', 'b'] },
        { jobId: 'gone' },
        { jobId: 'gone', nodes: ['a'] },
      ],
      nodes: [{ jobId: some.id, node: 'b', status: 'aborted', at: LATER }],
    });
    const found = await readUnfinishedJobs(db(), sealer);
    assert.deepEqual(
      found.map(({ stopped, nodes }) => [stopped, nodes.map((n) => n.stopped)]),
      [
        [true, [false]],
        [false, [true, false, false]],
      ],
    );
  });

  it('Decision 1 joins the batches of a feed in their order, several jobs at a time', async () => {
    const [one, two] = [aJob(), aJob()];
    await createJob(db(), sealer, one);
    await createJob(db(), sealer, two);
    const batch = (jobId: string, ...seqs: number[]): (StampedEvent & { jobId: string })[] =>
      seqs.map((seq) => ({ ...vote(seq), jobId }));
    const write = (events: (StampedEvent & { jobId: string })[]): Promise<void> =>
      saveChanges(db(), sealer, { ...NO_CHANGES, events });
    await write([...batch(one.id, 1, 2), ...batch(two.id, 1), ...batch('gone', 1)]);
    await write([...batch(two.id, 2, 3), ...batch(one.id, 3)]);
    for (let seq = 4; seq <= 12; seq += 1) await write(batch(one.id, seq));
    assert.deepEqual(
      await eventsOf(one.id),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((seq) => vote(seq)),
    );
    assert.deepEqual(
      await eventsOf(two.id),
      [1, 2, 3].map((seq) => vote(seq)),
    );
  });

  it('Decision 1 has each event once where a batch was written twice, however it was cut', async () => {
    const job = aJob();
    await createJob(db(), sealer, job);
    const write = (...seqs: number[]): Promise<void> =>
      saveChanges(db(), sealer, {
        ...NO_CHANGES,
        events: seqs.map((seq) => ({ ...vote(seq), jobId: job.id })),
      });
    await write(1, 2);
    await write(3, 4);
    await write(3, 4, 5);
    await write(3);
    await write(4, 5, 6);
    assert.deepEqual(
      await eventsOf(job.id),
      [1, 2, 3, 4, 5, 6].map((seq) => vote(seq)),
    );
  });

  it('keeps a feed of 27,000 events in few rows', async () => {
    const job = aJob();
    await createJob(db(), sealer, job);
    const events = Array.from({ length: 27_000 }, (_, i) => ({
      ...vote(i + 1, `node-${i}.example.com`),
      jobId: job.id,
    }));
    await saveChanges(db(), sealer, { ...NO_CHANGES, events });
    const [count] = await ask<{ n: number }>(db(), 'select count(*)::integer as n from job_events');
    assert.equal(count?.n, 3);
    const found = await eventsOf(job.id);
    assert.equal(found?.length, 27_000);
    assert.deepEqual(found.at(-1), vote(27_000, 'node-26999.example.com'));
  }).timeout(20_000);

  it('REFERENCE 9.1 forgets the feeds of jobs that left memory, and no other', async () => {
    const [one, two] = [aJob(), aJob()];
    for (const job of [one, two]) {
      await createJob(db(), sealer, job);
      await saveChanges(db(), sealer, { ...NO_CHANGES, events: [{ ...vote(1), jobId: job.id }] });
    }
    await dropEvents(db(), [one.id, 'gone']);
    assert.deepEqual([await eventsOf(one.id), await eventsOf(two.id)], [[], [vote(1)]]);
  });

  it('REFERENCE 9.1 forgets at a start the feeds of jobs that had ended, and no other', async () => {
    const [ended, live] = [aJob(), aJob()];
    for (const job of [ended, live]) {
      await createJob(db(), sealer, job);
      await saveChanges(db(), sealer, { ...NO_CHANGES, events: [{ ...vote(1), jobId: job.id }] });
    }
    const jobs = [{ jobId: ended.id, status: 'crashed', at: LATER }] as const;
    await saveChanges(db(), sealer, { ...NO_CHANGES, jobs });
    await dropEndedEvents(db());
    const left = await ask<{ job_id: string }>(db(), 'select job_id from job_events');
    const ids = left.map((row) => row.job_id);
    assert.deepEqual([ids.includes(ended.id), ids.includes(live.id)], [false, true]);
  });
});
