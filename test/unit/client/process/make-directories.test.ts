import assert from 'node:assert/strict';
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectories } from '../../../../client/src/process/make-directories.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

describe('making directories', () => {
  let dir: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    [dir, remove] = await makeTempDir();
  });
  afterEach(() => remove());

  it('makes what is missing, once, however many try', async () => {
    const path = join(dir, 'a', 'b', 'c');
    await Promise.all([makeDirectories(path), makeDirectories(path), makeDirectories(path)]);
    await makeDirectories(path);
    assert.ok(statSync(path).isDirectory());
    symlinkSync(join(dir, 'a'), join(dir, 'link'));
    await makeDirectories(join(dir, 'link', 'd'));
    assert.ok(statSync(join(dir, 'a', 'd')).isDirectory());
  });

  it('rejects, and never hangs, where it cannot: in /proc, below a file, behind a link to nothing', async () => {
    await assert.rejects(makeDirectories('/proc/no/where'), /ENOENT/);
    await assert.rejects(makeDirectories('/proc/self/no'), /ENOENT/);
    writeFileSync(join(dir, 'file'), '');
    await assert.rejects(makeDirectories(join(dir, 'file')), /is no directory/);
    await assert.rejects(makeDirectories(join(dir, 'file', 'a')), /ENOTDIR/);
    symlinkSync(join(dir, 'nothing'), join(dir, 'link'));
    await assert.rejects(makeDirectories(join(dir, 'link', 'a')), /EEXIST/);
    mkdirSync(join(dir, 'loop'));
    symlinkSync(join(dir, 'loop', 'x'), join(dir, 'loop', 'x'));
    await assert.rejects(makeDirectories(join(dir, 'loop', 'x', 'a')), /ELOOP/);
  });
});
