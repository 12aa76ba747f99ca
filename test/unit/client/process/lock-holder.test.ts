import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { holdLock, posixLockHolder } from '../../../../client/src/process/lock-holder.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

for (const program of ['flock', 'perl']) {
  describe(`a lock that ${program} holds`, () => {
    let home: string;
    let remove: () => Promise<void>;
    beforeEach(async () => {
      [home, remove] = await makeTempDir();
    });
    afterEach(() => remove());
    const holder = (file: string) => posixLockHolder(file, () => program === 'flock');

    it("A1 is chef-client's own, held until it is given back, and nobody else's meanwhile", async () => {
      const file = join(home, 'lock');
      const lock = await holdLock(holder(file));
      assert.ok(lock.ok);
      assert.equal(spawnSync('flock', ['-n', file, 'true']).status, 1);
      const other = await holdLock(holder(file));
      assert.deepEqual([other.ok, other.ok ? 0 : other.code], [false, 99]);
      await lock.release();
      assert.equal(spawnSync('flock', ['-n', file, 'true']).status, 0);
      await lock.release();
    });
    it('A3 is refused, with the reason, where the directory is missing', async () => {
      const lock = await holdLock(holder(join(home, 'no', 'lock')));
      assert.ok(!lock.ok);
      assert.equal(lock.code, 1);
      assert.match(lock.why, /No such file/);
    });
  });
}

describe('a lock without a program that could hold it', () => {
  it('is refused, with the reason', async () => {
    const lock = await holdLock(['/no/such/program']);
    assert.ok(!lock.ok);
    assert.match(lock.why, /ENOENT/);
  });
});
