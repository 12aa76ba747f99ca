import assert from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLogFile } from '../../../client/src/log-file.ts';
import { makeLog, type LogLevel } from '../../../client/src/log.ts';
import { makeTempDir } from '../../helpers/temp-dir.ts';

function write(
  level: LogLevel,
  showTime = false,
): { log: ReturnType<typeof makeLog>; lines: string[] } {
  const lines: string[] = [];
  const log = makeLog({ level, showTime, now: () => 0, write: (line) => lines.push(line) });
  return { log, lines };
}

describe('log', () => {
  it('writes the level, the sentence and its fields on one line', () => {
    const { log, lines } = write('debug');
    log.info({ node: 'web01', code: 3, why: 'a "b"\nc', none: undefined, nil: null }, 'run ended');
    assert.deepEqual(lines, ['INFO: run ended node=web01 code=3 why="a \\"b\\"\\nc" nil=null\n']);
  });
  it('begins with the time, unless show_time is off', () => {
    const { log, lines } = write('debug', true);
    log.debug({ error: new Error('no way') }, 'x');
    assert.deepEqual(lines, ['[1970-01-01T00:00:00.000Z] DEBUG: x error="no way"\n']);
  });
  it('leaves out what is below its level', () => {
    for (const [level, count] of [
      ['debug', 4],
      ['info', 3],
      ['warn', 2],
      ['error', 1],
      ['fatal', 0],
    ] as const) {
      const { log, lines } = write(level);
      log.debug({}, 'a');
      log.info({}, 'a');
      log.warn({}, 'a');
      log.error({}, 'a');
      assert.equal(lines.length, count, level);
    }
  });
});

describe('log file', () => {
  it('goes on in a new file after it was moved away and opened again (HUP), and survives copytruncate', async () => {
    const [dir, remove] = await makeTempDir();
    const path = join(dir, 'agent.log');
    const file = openLogFile({ path, from: '--logfile' });
    file.write('one\n');
    renameSync(path, `${path}.1`);
    file.write('two\n');
    file.reopen();
    file.write('three\n');
    assert.equal(readFileSync(`${path}.1`, 'utf8'), 'one\ntwo\n');
    assert.equal(readFileSync(path, 'utf8'), 'three\n');
    writeFileSync(path, '');
    file.write('four\n');
    assert.equal(readFileSync(path, 'utf8'), 'four\n');
    await remove();
  });
  it('says which setting names a file that cannot be opened, why, and what to do', () => {
    assert.throws(() => openLogFile({ path: '/not/there/x.log', from: '/c.rb:3: log_location' }), {
      code: 'bad_config',
      message:
        /^\/c\.rb:3: log_location: the log file \/not\/there\/x\.log cannot be opened: ENOENT.*; name a file in a directory that is there/,
    });
  });
  it('drops lines that the disk refuses, and says so when it takes them again', () => {
    // Every write to it fails with "no space left on device".
    const file = openLogFile({ path: '/dev/full', from: '--logfile' });
    file.write('one\n');
    file.write('two\n');
  });
});
