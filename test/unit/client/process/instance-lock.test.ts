import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../../client/src/clock.ts';
import { findInstance, takeInstance } from '../../../../client/src/process/instance-lock.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

const after = (ms: number, action: () => void) => systemClock.after(ms, action);

describe('the lock of the one agent of a node', () => {
  let dir: string;
  let remove: () => Promise<void>;
  const path = process.env['PATH'];
  beforeEach(async () => {
    [dir, remove] = await makeTempDir();
  });
  afterEach(async () => {
    process.env['PATH'] = path;
    await remove();
  });

  it('is held by the process itself: no program stays beside it, no child inherits it', async () => {
    const state = join(dir, 'a', 'state');
    const mine = await takeInstance(state, after);
    assert.ok(mine.kind === 'alone');
    assert.equal(statSync(state).mode & 0o777, 0o700);
    const child = spawn('sleep', ['100'], { stdio: 'ignore' });
    assert.deepEqual(await findInstance(state, after), {
      kind: 'other',
      file: join(state, 'agent.lock'),
      pid: process.pid,
    });
    mine.release();
    assert.deepEqual(await findInstance(state, after), { kind: 'none' });
    child.kill();
    await once(child, 'exit');
  });

  it('is refused, with the process that holds it, after a while in which that may end', async () => {
    const mine = await takeInstance(dir, after);
    const file = join(dir, 'agent.lock');
    assert.deepEqual(await takeInstance(dir, after), { kind: 'other', file, pid: process.pid });
    const waiting = takeInstance(dir, after);
    if (mine.kind === 'alone') mine.release();
    const next = await waiting;
    assert.ok(next.kind === 'alone');
    next.release();
  });

  it("is nobody's where no agent ever was", async () => {
    assert.deepEqual(await findInstance(join(dir, 'never'), after), { kind: 'none' });
  });

  it('is taken through perl where there is no flock', async () => {
    const bin = join(dir, 'bin');
    mkdirSync(bin);
    symlinkSync('/usr/bin/perl', join(bin, 'perl'));
    process.env['PATH'] = bin;
    const mine = await takeInstance(dir, after);
    assert.ok(mine.kind === 'alone');
    process.env['PATH'] = path;
    assert.equal((await findInstance(dir, after)).kind, 'other');
    process.env['PATH'] = bin;
    assert.equal((await findInstance(dir, after)).kind, 'other');
    mine.release();
    assert.deepEqual(await findInstance(dir, after), { kind: 'none' });
  });

  it('says so where the system has neither', async () => {
    process.env['PATH'] = join(dir, 'empty');
    const found = await takeInstance(dir, after);
    assert.ok(found.kind === 'unguarded');
    assert.equal(found.why, 'cannot run flock, nor perl');
    assert.equal((await findInstance(dir, after)).kind, 'unguarded');
  });

  it('refuses a state directory that cannot be one, and a lock that is a link', async () => {
    writeFileSync(join(dir, 'file'), '');
    await assert.rejects(takeInstance(join(dir, 'file'), after), /set state_dir/);
    mkdirSync(join(dir, 'state'));
    symlinkSync(join(dir, 'file'), join(dir, 'state', 'agent.lock'));
    await assert.rejects(takeInstance(join(dir, 'state'), after), /ELOOP/);
  });
});
