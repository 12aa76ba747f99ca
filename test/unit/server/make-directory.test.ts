import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../../../server/src/make-directory.ts';
import { makeTempDir } from '../../helpers/temp-dir.ts';

describe('a directory that a setting names', () => {
  let dir: string;
  let remove: () => Promise<void>;
  before(async () => {
    [dir, remove] = await makeTempDir();
  });
  after(() => remove());

  it('is made with what is missing above it, for this user alone, also by two at once', async () => {
    const path = join(dir, 'a', 'b', 'c');
    await Promise.all([makeDirectory('dir', path), makeDirectory('dir', path)]);
    assert.equal((await stat(path)).mode & 0o777, 0o700);
    await makeDirectory('dir', path);
  });

  it('is refused with a reason where nothing can be made, and never hangs', async () => {
    await writeFile(join(dir, 'file'), '');
    const refused = { code: 'start_failed', message: /^dir: cannot be used: / };
    await assert.rejects(makeDirectory('dir', '/proc/x'), refused);
    await assert.rejects(makeDirectory('dir', '/proc/x/y'), refused);
    await assert.rejects(makeDirectory('dir', join(dir, 'file')), refused);
    await assert.rejects(makeDirectory('dir', join(dir, 'file', 'x')), refused);
  });
});
