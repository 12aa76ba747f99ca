import assert from 'node:assert/strict';
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeLog } from '../../../server/src/log.ts';
import { openLogFile } from '../../../server/src/log-file.ts';
import { makeTempDir } from '../../helpers/temp-dir.ts';
import { until } from '../../helpers/until.ts';

describe('the log file', () => {
  let dir: string;
  let remove: () => Promise<void>;
  let complaints: string[];
  let now = 0;
  beforeEach(async () => {
    [dir, remove] = await makeTempDir();
    complaints = [];
  });
  afterEach(() => remove());

  const open = (directory: string, maxBytes = 1_000_000, keep = 2) =>
    openLogFile({ directory, maxBytes, keep }, { now: () => now }, (text) => complaints.push(text));

  it('ADDON B.4 rotates at file_maxbytes and keeps num_to_keep files, without a lost line', async () => {
    const directory = join(dir, 'a', 'b');
    const file = await open(directory, 5000, 3);
    const log = makeLog('info', file);
    for (let n = 0; n < 400; n += 1) log.info({ n }, 'a line');
    await file.close();
    const names = (await readdir(directory)).sort();
    assert.deepEqual(names, ['current', 'current.1', 'current.2', 'current.3']);
    const text = await Promise.all(
      ['current.3', 'current.2', 'current.1', 'current'].map((name) =>
        readFile(join(directory, name), 'utf8'),
      ),
    );
    for (const part of text) assert.ok(part.length <= 5200, `${part.length} bytes`);
    const numbers = text
      .join('')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { n: number }).n);
    assert.deepEqual(
      numbers,
      Array.from({ length: numbers.length }, (_, i) => 400 - numbers.length + i),
    );
    assert.deepEqual(complaints, []);
  });

  it('goes on in the file that it finds', async () => {
    await writeFile(join(dir, 'current'), 'old\n');
    const file = await open(dir);
    file.write('new\n');
    await file.close();
    assert.equal(await readFile(join(dir, 'current'), 'utf8'), 'old\nnew\n');
  });

  it('writes to a new file after somebody moved it away and asked to reopen it', async () => {
    const file = await open(dir);
    file.write('before\n');
    await until(
      'the line',
      () => readFile(join(dir, 'current'), 'utf8'),
      (text) => text === 'before\n' || undefined,
    );
    await rename(join(dir, 'current'), join(dir, 'moved'));
    file.reopen();
    file.write('after\n');
    await file.close();
    assert.equal(await readFile(join(dir, 'moved'), 'utf8'), 'before\n');
    assert.equal(await readFile(join(dir, 'current'), 'utf8'), 'after\n');
  });

  it('refuses a directory that cannot be made, at once and with the name of the setting', async () => {
    await writeFile(join(dir, 'file'), '');
    await assert.rejects(open(join(dir, 'file')), { message: /^log_directory: cannot be used: / });
    await assert.rejects(open(join(dir, 'file', 'x')), {
      message: /^log_directory: cannot be used: ENOTDIR/,
    });
    await assert.rejects(open('/proc/pushy-log'), { message: /^log_directory: cannot be used: / });
  });

  it('complains where the file cannot be opened again, hands the lines to whoever hears it, and tries again later', async () => {
    const other = join(dir, 'other');
    const second = await open(other);
    await rename(other, join(dir, 'gone'));
    await writeFile(other, 'no directory');
    second.reopen();
    await until(
      'a complaint',
      () => complaints[0],
      (text) => text,
    );
    second.write('a line\n');
    assert.match(complaints[0] ?? '', /^log_directory: the log cannot be written: /);
    assert.equal(complaints[1], 'a line');

    // Somebody has seen to it.
    await rm(other);
    second.write('too early\n');
    now += 10_000;
    second.write('in the file again\n');
    await second.close();
    assert.equal(complaints[2], 'too early');
    assert.equal(await readFile(join(other, 'current'), 'utf8'), 'in the file again\n');
  });
});
