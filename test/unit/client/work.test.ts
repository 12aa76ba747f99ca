import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { hostHere } from '../../../client/src/process/host.ts';
import { makeWhitelist } from '../../../client/src/whitelist.ts';
import { makeWork } from '../../../client/src/work.ts';
import { readSettings } from '../../helpers/agent-under-test.ts';
import { makeFakeClock } from '../../helpers/fake-clock.ts';
import { makeTempDir } from '../../helpers/temp-dir.ts';
import { until } from '../../helpers/until.ts';

describe('the work of a node', () => {
  it('makes the next run ready once, after the last of its jobs, and not when the agent ends', async () => {
    const [dir, remove] = await makeTempDir();
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const clientKey = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    const settings = await readSettings(
      { url: 'http://127.0.0.1:1/organizations/o', node: 'n', clientKey },
      dir,
    );
    const clock = makeFakeClock();
    const end = new AbortController();
    const said: string[] = [];
    const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
    const work = makeWork({
      settings,
      whitelist: makeWhitelist([]),
      clock: { ...clock, elapsed: () => clock.now() },
      log: { ...log, error: () => undefined },
      post: ({ type }) => {
        said.push(type);
      },
      roomFor: () => 1000,
      signal: end.signal,
      host: hostHere(),
    });
    await work.open();
    assert.equal(clock.waiting(), 1);
    for (const jobId of ['a'.repeat(32), 'b'.repeat(32)]) {
      const order = { jobId, command: 'c', capture: false };
      work.dispatch({ kind: 'commit', order });
      await until(
        'a refusal',
        () => work.isActive(),
        (isActive) => !isActive || undefined,
      );
    }
    assert.deepEqual(said, ['nack_commit', 'nack_commit']);
    assert.equal(clock.waiting(), 1);
    end.abort();
    assert.equal(clock.waiting(), 0);
    await remove();
  });
});
