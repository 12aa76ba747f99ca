import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCaptured } from '../../../../client/src/process/captured.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

describe('readCaptured', () => {
  let dir: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    [dir, remove] = await makeTempDir();
  });
  afterEach(() => remove());

  async function read(limit: number, files: Record<string, string>) {
    for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
    const { head, tail, lost, isDiskFull } = readCaptured(dir, 'stdout', limit);
    return [head.toString(), tail.toString(), lost, isDiskFull];
  }

  it('gives everything up to its limit as the head', async () => {
    assert.deepEqual(await read(6, { 'stdout.0': 'abcd', 'stdout.4': 'ef', 'stderr.0': 'no' }), [
      'abcdef',
      '',
      0,
      false,
    ]);
  });
  it('gives what follows as the tail', async () => {
    assert.deepEqual(await read(4, { 'stdout.0': 'abcdef', 'stdout.6': 'gh' }), [
      'abcd',
      'efgh',
      0,
      false,
    ]);
  });
  it('gives the last bytes alone and counts the others', async () => {
    const files = { 'stdout.0': 'abc', 'stdout.3': 'defgh', 'stdout.8': 'ijklm' };
    assert.deepEqual(await read(3, files), ['abc', 'klm', 7, false]);
  });
  it('counts what was not kept, and takes no head for a tail', async () => {
    const files = { 'stdout.0': 'abc', 'stdout.100': 'de', 'stdout.102': 'f' };
    assert.deepEqual(await read(10, files), ['abc', 'def', 97, false]);
  });
  it('gives nothing of a stream that was not written to', async () => {
    assert.deepEqual(await read(10, {}), ['', '', 0, false]);
  });
  it('says that the disk was full', async () => {
    assert.deepEqual(await read(10, { 'stdout.0': 'a', 'stdout.full': '' }), ['a', '', 0, true]);
  });
});
