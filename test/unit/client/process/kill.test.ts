import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { systemClock } from '../../../../client/src/clock.ts';
import { groupLives, killGroup } from '../../../../client/src/process/kill.ts';

describe('killGroup (A5)', () => {
  const started: number[] = [];

  afterEach(() => {
    for (const group of started.splice(0)) {
      try {
        process.kill(-group, 'SIGKILL');
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH');
      }
    }
  });

  /** A script in a group of its own that has said `ready`. */
  async function start(script: string): Promise<ChildProcess & { pid: number }> {
    const child = spawn('/bin/sh', ['-c', script], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    assert.ok(child.pid !== undefined);
    started.push(child.pid);
    await once(child.stdout, 'data');
    return child as ChildProcess & { pid: number };
  }

  it('ends a command that obeys TERM, at once', async () => {
    const child = await start('echo ready; sleep 100');
    assert.equal(await killGroup(child.pid, systemClock, 60_000), true);
    assert.equal(await groupLives(child.pid), false);
  });

  it('ends a command and its children that ignore TERM with KILL, after the grace', async () => {
    const child = await start(
      "trap '' TERM; (trap '' TERM; echo ready; sleep 100) & sleep 100; wait",
    );
    const began = performance.now();
    assert.equal(await killGroup(child.pid, systemClock, 300), true);
    const took = performance.now() - began;
    assert.ok(took >= 300, `${took} ms`);
    assert.equal(await groupLives(child.pid), false);
  });

  it('waits for a child that outlives its parent', async () => {
    const child = await start(
      "(trap 'sleep 0.3; exit' TERM; echo ready; while :; do sleep 0.05; done) & exit 0",
    );
    const began = performance.now();
    assert.equal(await killGroup(child.pid, systemClock), true);
    assert.ok(performance.now() - began >= 250);
  });

  it('is done at once with a group that is gone', async () => {
    const child = spawn('/bin/true', [], { detached: true });
    await once(child, 'exit');
    assert.equal(await killGroup(child.pid ?? 0, systemClock), true);
  });
});
