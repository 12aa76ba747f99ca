import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { systemClock } from '../../../../client/src/clock.ts';
import { takeLock } from '../../../../client/src/process/lock.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

describe('takeLock (A1–A3)', () => {
  let dir: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    [dir, remove] = await makeTempDir();
  });
  afterEach(() => remove());

  const take = (file: string) => takeLock(file, (ms, action) => systemClock.after(ms, action));
  /** True when flock(2) of another process gets the lock. */
  function isFree(file: string): boolean {
    try {
      execFileSync('flock', ['-n', file, 'true']);
      return true;
    } catch {
      return false;
    }
  }

  it('takes the lock of flock(2), and gives it back', async () => {
    const file = join(dir, 'lock');
    const taken = await take(file);
    assert.ok(taken.ok);
    assert.equal(isFree(file), false);
    await taken.lock.release();
    assert.equal(isFree(file), true);
  });

  it('is refused, with the reason, while somebody else holds it', async () => {
    const file = join(dir, 'lock');
    const holder = spawn('flock', [file, 'sh', '-c', 'echo; exec cat'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await once(holder.stdout, 'data');
    assert.deepEqual(await take(file), {
      ok: false,
      reason: `the lock ${file} is held by another process`,
    });
    holder.stdin.end();
    await once(holder, 'exit');
    const taken = await take(file);
    assert.ok(taken.ok);
    await taken.lock.release();
  });

  it('A3 is refused, with the reason, where the directory is missing', async () => {
    const taken = await take(join(dir, 'no', 'lock'));
    assert.ok(!taken.ok);
    assert.match(taken.reason, /cannot take the lock .*no\/lock: .*No such file/);
  });

  it('can be released twice', async () => {
    const taken = await take(join(dir, 'lock'));
    assert.ok(taken.ok);
    await Promise.all([taken.lock.release(), taken.lock.release()]);
  });
});
