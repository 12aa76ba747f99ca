import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAX_FILE_BYTES } from '@pushy/protocol';
import { readJobFile } from '../../../knife-bridge/src/job-file.ts';

describe('readJobFile', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'pushy-file-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });
  const read = (bytes: string | Buffer): string => {
    writeFileSync(join(dir, 'f'), bytes);
    return readJobFile(dir, 'f');
  };

  it('sends text raw, as it is', () => {
    assert.equal(
      read('first\r\nzweite: äöü \u{1F600}\0\n'),
      'raw:first\r\nzweite: äöü \u{1F600}\0\n',
    );
    assert.equal(read(''), 'raw:');
    assert.equal(read('\uFEFFbyte order mark'), 'raw:\uFEFFbyte order mark');
  });

  it('sends bytes that are no UTF-8 in base64', () => {
    assert.equal(read(Buffer.from([0xff, 0xfe, 0x41])), 'base64://5B');
  });

  it('sends 100,000 bytes and refuses one more (REFERENCE 8.3)', () => {
    assert.equal(read('x'.repeat(MAX_FILE_BYTES)).length, 'raw:'.length + 100_000);
    assert.throws(
      () => read('x'.repeat(MAX_FILE_BYTES + 1)),
      /f is too long for a job: 100001 bytes/,
    );
  });

  it('says which file is missing or unreadable', () => {
    assert.throws(() => readJobFile(dir, 'nofile'), /^CliError: nofile not found$/);
    assert.throws(() => readJobFile('/', dir), /cannot be read: EISDIR/);
  });
});
