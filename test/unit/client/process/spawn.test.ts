import assert from 'node:assert/strict';
import { realpathSync } from 'node:fs';
import { systemClock } from '../../../../client/src/clock.ts';
import { RUN_LIMIT_MS, startCommand, type Command } from '../../../../client/src/process/spawn.ts';
import { findUser } from '../../../../client/src/process/user.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

const env = { PATH: process.env['PATH'] ?? '' };

async function run(command: Partial<Command> & { line: string }) {
  const exit = await startCommand({ env, captureLimit: 1000, ...command }, systemClock).exit;
  const text = (captured: { head: Buffer; tail: Buffer } | undefined): string =>
    captured === undefined ? '' : Buffer.concat([captured.head, captured.tail]).toString();
  return { ...exit, stdout: text(exit.captured?.stdout), stderr: text(exit.captured?.stderr) };
}

describe('startCommand', () => {
  it('runs a line through the shell: pipes, && and quotes', async () => {
    const { code, stdout, stderr } = await run({
      line: `echo 'a  b' | tr a x && echo err >&2; exit 3`,
    });
    assert.deepEqual([code, stdout, stderr], [3, 'x  b\n', 'err\n']);
  });
  it('gives the environment it was told, and no other', async () => {
    assert.match((await run({ line: 'env', env: { ...env, A: 'b c' } })).stdout, /^A=b c$/m);
    assert.doesNotMatch((await run({ line: 'env' })).stdout, /^HOME=/m);
  });
  it('runs in the directory', async () => {
    const [dir, remove] = await makeTempDir();
    assert.equal((await run({ line: 'pwd -P', dir })).stdout.trim(), realpathSync(dir));
    await remove();
  });
  it('captures nothing when it is not asked to', async () => {
    const exit = await startCommand({ line: 'echo a', env }, systemClock).exit;
    assert.equal(exit.captured, undefined);
    assert.equal(exit.code, 0);
  });
  it('is over when the command is, though a child in the background holds the pipe', async () => {
    const began = performance.now();
    const started = startCommand(
      { line: 'echo a; sleep 100 & exit 0', env, captureLimit: 100 },
      systemClock,
    );
    const exit = await started.exit;
    assert.equal(exit.captured?.stdout.head.toString(), 'a\n');
    assert.ok(performance.now() - began < 5000);
    assert.equal(await started.kill(), true);
  });
  it('says why a command cannot be started', async () => {
    assert.match(
      (await run({ line: 'echo', dir: '/does/not/exist' })).trouble ?? '',
      /cannot be started: .*ENOENT/,
    );
    const long = { ...env, A: 'x'.repeat(3_000_000) };
    assert.match(
      (await run({ line: 'echo', env: long })).trouble ?? '',
      /cannot be started: .*E2BIG/,
    );
  });
  it('names the signal that ended a command', async () => {
    const { code, signal } = await run({ line: 'kill -9 $$' });
    assert.deepEqual([code, signal], [undefined, 'SIGKILL']);
  });
  it('J8 ends a command after 24 hours', async () => {
    const base = makeFakeClock();
    const clock = { ...base, elapsed: () => base.now() };
    const started = startCommand({ line: 'sleep 100', env }, clock);
    await base.advance(RUN_LIMIT_MS - 1);
    assert.equal(base.waiting(), 1);
    await base.advance(1);
    const exit = await started.exit;
    assert.equal(exit.signal, 'SIGTERM');
    assert.match(exit.trouble ?? '', /after 86400 s/);
  });

  describe('as another user', () => {
    before(function () {
      assert.equal(process.getuid?.(), 0, 'these tests need root');
    });

    it('has his user, his group and his other groups, and none of root', async () => {
      const user = await findUser('daemon');
      assert.ok(user !== undefined);
      const { stdout } = await run({ line: 'id -u; id -g; id -G; ps -o args= -p $$', user });
      const [uid, gid, groups] = stdout.split('\n');
      assert.deepEqual([uid, gid], [String(user.uid), String(user.gid)]);
      assert.ok(!groups?.split(' ').includes('0'), groups);
    });
    it('restores every value of the environment, whatever it holds', async () => {
      const user = await findUser('daemon');
      const odd = `a'b"c$d\\e\nf \`g\``;
      const { stdout } = await run({
        line: 'printf %s "$ODD"',
        env: { ...env, ODD: odd },
        ...(user && { user }),
      });
      assert.equal(stdout, odd);
    });
    it("keeps a job's LD_PRELOAD away from whatever still runs as root", async () => {
      const user = await findUser('daemon');
      // The loader complains of a library that is not there: once for each program that got the variable.
      const preload = { ...env, LD_PRELOAD: '/nowhere/evil.so' };
      const { stderr } = await run({ line: 'exit 0', env: preload, ...(user && { user }) });
      const complaints = stderr.match(/evil\.so/g) ?? [];
      assert.equal(complaints.length, 1, stderr);
    });
    it('is in a process group of its own, led by the shell', async () => {
      const user = await findUser('daemon');
      const { stdout } = await run({ line: 'ps -o pid=,pgid= -p $$', ...(user && { user }) });
      const [pid, group] = stdout.trim().split(/\s+/);
      assert.equal(pid, group);
    });
  });
});
