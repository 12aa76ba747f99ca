import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, isReused, parseMark } from '../../../../client/src/process/proc.ts';
import { runState } from '../../../../client/src/process/run-state.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

describe('the state of a run, by its directory', () => {
  let dir: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    [dir, remove] = await makeTempDir();
  });
  afterEach(() => remove());
  const write = (name: string, text = '') => writeFile(join(dir, name), text);
  const own = () => readFile(`/proc/${process.pid}/stat`, 'latin1');
  /** A process of that number, and of another time. */
  const gone = (pid: number) => `${pid} (sh) S ${'1 '.repeat(18)}7 0`;

  it('is committed, then ordered', async () => {
    await write('open');
    await write('committed');
    assert.deepEqual(await runState(dir), { kind: 'committed' });
    await rm(join(dir, 'committed'));
    await write('ordered');
    await write('job');
    assert.deepEqual(await runState(dir), { kind: 'ordered' });
    // A keeper has begun, and has not written yet who it is.
    await rm(join(dir, 'job'));
    assert.deepEqual(await runState(dir), { kind: 'lost' });
  });

  it('is running while its keeper lives, and knows the leader as soon as that is there', async () => {
    await write('supervisor', await own());
    assert.deepEqual(await runState(dir), { kind: 'running' });
    await write('leader', '4242 (sh) S 1 4242');
    assert.deepEqual(await runState(dir), {
      kind: 'running',
      leader: { pid: 4242, start: undefined },
    });
  });

  it('is running while the group of its leader lives, though somebody killed the keeper', async () => {
    const child = spawn('sleep', ['100'], { detached: true });
    await once(child, 'spawn');
    await write('supervisor', gone(process.pid));
    await write('leader', await readFile(`/proc/${child.pid ?? 0}/stat`, 'latin1'));
    assert.equal((await runState(dir)).kind, 'running');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.deepEqual(await runState(dir), { kind: 'lost' });
  });

  it('is lost when the numbers of its processes belong to others', async () => {
    await write('supervisor', gone(process.pid));
    await write('leader', gone(process.pid));
    assert.deepEqual(await runState(dir), { kind: 'lost' });
    await write('supervisor', '');
    assert.deepEqual(await runState(dir), { kind: 'lost' });
  });

  it('is ended by what the keeper wrote last, whatever else is there', async () => {
    await write('supervisor', await own());
    await write('exited.3');
    assert.deepEqual(await runState(dir), { kind: 'ended', status: 3, how: 'exited' });
    await rm(join(dir, 'exited.3'));
    await write('killed.143');
    assert.deepEqual(await runState(dir), { kind: 'ended', status: 143, how: 'killed' });
    await rm(join(dir, 'killed.143'));
    await write('unwritten.126');
    assert.deepEqual(await runState(dir), { kind: 'ended', status: 126, how: 'unwritten' });
  });
});

describe('the mark of a process', () => {
  it('is read from a line of /proc, whatever the name of the program is', async () => {
    const fields = Array.from({ length: 49 }, (_, i) => String(i + 4));
    assert.deepEqual(parseMark(`77 (a) b (c) S ${fields.join(' ')}`), { pid: 77, start: '22' });
    assert.deepEqual(parseMark('77\n'), { pid: 77, start: undefined });
    for (const text of ['', 'x', '0', '1 (init) S']) assert.equal(parseMark(text), undefined);
    const own = parseMark(await readFile(`/proc/${process.pid}/stat`, 'latin1'));
    assert.ok(own !== undefined);
    assert.equal(await isAlive(own), true);
    assert.equal(await isReused(own), false);
  });
  it('is not taken for a later process of the same number', async () => {
    assert.equal(await isAlive({ pid: process.pid, start: '7' }), false);
    assert.equal(await isReused({ pid: process.pid, start: '7' }), true);
  });
  it('is its number alone where the system does not say more', async () => {
    assert.equal(await isAlive({ pid: process.pid, start: undefined }), true);
    assert.equal(await isAlive({ pid: 2 ** 22 + 1, start: undefined }), false);
    assert.equal(await isReused({ pid: process.pid, start: undefined }), false);
  });
});
