import assert from 'node:assert/strict';
import { readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { readCaptured } from '../../../../client/src/process/captured.ts';
import { recordStream } from '../../../../client/src/process/record-stream.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

describe('the record of a stream', () => {
  let dir: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    [dir, remove] = await makeTempDir();
  });
  afterEach(() => remove());
  const parts = (...texts: string[]) => Readable.from(texts.map((text) => Buffer.from(text)));
  const base = () => join(dir, 'stdout');

  it('keeps head and tail of what comes without end, and no more than three files', async () => {
    const stream = parts('first', ...Array.from({ length: 50 }, () => 'yyyyy'), 'last!');
    await recordStream(stream, base(), 10);
    const files = await readdir(dir);
    assert.ok(files.length <= 3, files.join(' '));
    const { head, tail, lost } = readCaptured(dir, 'stdout', 1000);
    assert.equal(head.toString(), 'firstyyyyy');
    assert.match(tail.toString(), /^y+last!$/);
    assert.equal(head.length + tail.length + lost, 260);
  });
  it('drops the rest where the disk is full, to the end, and says so', async () => {
    await symlink('/dev/full', `${base()}.0`);
    const stream = parts('a', 'b', 'c');
    await recordStream(stream, base(), 10);
    assert.equal(stream.readableEnded, true);
    assert.ok((await readdir(dir)).includes('stdout.full'));
  });
  it('ends when the stream is destroyed, and only then without its end', async () => {
    const stream = new Readable({ read: () => undefined });
    stream.push('a');
    const recorded = recordStream(stream, base(), 10);
    setImmediate(() => stream.destroy());
    await recorded;
    assert.equal(stream.destroyed, true);
  });
});
