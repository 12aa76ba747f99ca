import assert from 'node:assert/strict';
import { MIN_POLL_MS, makePollFollower } from '../../../knife-bridge/src/follow.ts';

describe('following by polls', () => {
  async function follow(intervalMs: number, statuses: string[]) {
    const slept: number[] = [];
    const asked: string[] = [];
    const follower = makePollFollower({
      intervalMs,
      clock: {
        sleep: (ms) => {
          slept.push(ms);
          return Promise.resolve();
        },
      },
      look: (jobId) => {
        asked.push(jobId);
        return Promise.resolve({ status: statuses.shift() ?? 'complete', nodes: {} });
      },
    });
    const seen: string[] = [];
    for await (const job of follower('id', new AbortController().signal)) seen.push(job.status);
    return { slept, asked, seen };
  }

  it('waits before each look and ends with the first state that is final', async () => {
    const { slept, asked, seen } = await follow(1000, [
      'new',
      'voting',
      'running',
      'crashed',
      'new',
    ]);
    assert.deepEqual(seen, ['new', 'voting', 'running', 'crashed']);
    assert.deepEqual(slept, [1000, 1000, 1000, 1000]);
    assert.deepEqual(asked, ['id', 'id', 'id', 'id']);
  });

  it('never asks more than ten times a second (ADDON D.3, 7)', async () => {
    const { slept } = await follow(0, ['complete']);
    assert.deepEqual(slept, [MIN_POLL_MS]);
    assert.equal(MIN_POLL_MS, 100);
  });

  it('takes a state that it does not know for final (REFERENCE 18)', async () => {
    assert.deepEqual((await follow(1000, ['vanished'])).seen, ['vanished']);
  });
});
