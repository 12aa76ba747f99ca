import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readResult } from '../../../../client/src/jobs/run-result.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

describe('the result of a run', () => {
  let dir: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    [dir, remove] = await makeTempDir();
  });
  afterEach(() => remove());

  async function read(files: Record<string, string>, settings = {}) {
    for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
    return readResult(dir, { capture: true, isRebooted: false, limit: 1000, ...settings });
  }
  const stderrOf = async (...args: Parameters<typeof read>) => (await read(...args)).output?.stderr;

  it('succeeded with status 0 alone, and has both streams', async () => {
    const files = { 'exited.0': '', 'stdout.0': 'out', 'stderr.0': 'err' };
    assert.deepEqual(await read(files), {
      outcome: 'succeeded',
      output: { stdout: 'out', stderr: 'err' },
    });
    assert.deepEqual(await read(files, { capture: false }), { outcome: 'succeeded' });
  });
  it('failed with any other', async () => {
    assert.equal((await read({ 'exited.3': '' })).outcome, 'failed');
    assert.equal((await read({ 'exited.3': '' })).output?.stderr, '');
  });
  it('failed where nobody knows how it ended: it was killed with the agent, or lost by a reboot', async () => {
    assert.deepEqual(await read({ 'stderr.0': 'x\n' }), {
      outcome: 'failed',
      output: {
        stdout: '',
        stderr: 'x\npushy-client: the run was killed together with the agent\n',
      },
    });
    assert.match((await stderrOf({}, { isRebooted: true })) ?? '', /lost by a reboot of this node/);
  });
  it('says what ended a command that got a signal together with its keeper', async () => {
    const files = { 'killed.143': '' };
    assert.match((await stderrOf(files)) ?? '', /ended by the end of the agent, with status 143/);
    assert.match(
      (await stderrOf(files, { isRebooted: true })) ?? '',
      /ended by a reboot of this node/,
    );
  });
  it('succeeded where the command ended well all the same', async () => {
    assert.equal((await read({ 'killed.0': '' })).outcome, 'succeeded');
  });
  it('failed with the reason that the agent wrote down', async () => {
    const files = { 'exited.0': '', why: 'ended by the agent after 86400 s' };
    assert.deepEqual(await read(files), {
      outcome: 'failed',
      output: { stdout: '', stderr: 'pushy-client: ended by the agent after 86400 s\n' },
    });
  });
  it('says that the disk was full', async () => {
    const unwritten = await read({ 'unwritten.126': '' });
    assert.equal(unwritten.outcome, 'failed');
    assert.match(unwritten.output?.stderr ?? '', /was not started: the disk of this node was full/);
    await rm(join(dir, 'unwritten.126'));
    assert.match((await stderrOf({ why: '' })) ?? '', /disk of this node was full: how the run/);
    await rm(join(dir, 'why'));
    assert.match(
      (await stderrOf({ 'exited.0': '', 'stdout.0': 'a', 'stdout.full': '' })) ?? '',
      /the rest of the output is lost: the disk of this node was full/,
    );
  });
  it('A7 keeps head and tail, with the reason, in the space that there is', async () => {
    const files = { 'stdout.0': 'x'.repeat(5000), 'stderr.0': 'y'.repeat(5000) };
    const kept: number[] = [];
    const onCut = (bytes: number) => kept.push(bytes);
    const { output } = await read(files, { onCut });
    const { stdout = '', stderr = '' } = output ?? {};
    assert.match(stdout, /^x+\n\[\d+ bytes cut here.*\]\nx+$/);
    assert.match(stderr, /^y+\n\[\d+ bytes cut here.*\]\ny+pushy-client: .* with the agent\n$/);
    const size = JSON.stringify(stdout).length + JSON.stringify(stderr).length - 4;
    assert.ok(size <= 1000);
    assert.deepEqual(kept, [size]);
    await read({ 'stdout.0': 'x'.repeat(800), 'stderr.0': '', 'exited.0': '' }, { onCut });
    assert.equal(kept.length, 1);
  });
});
