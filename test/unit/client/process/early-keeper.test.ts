import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../../client/src/clock.ts';
import { startEarlyKeeper, startKeeper } from '../../../../client/src/process/keeper.ts';
import { SH_KEEPER } from '../../../../client/src/process/sh-keeper.ts';
import { findDescendants } from '../../../helpers/descendants.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';
import { until } from '../../../helpers/until.ts';

describe('a keeper that waits for its order', () => {
  let spool: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    const [home, removeHome] = await makeTempDir();
    remove = removeHome;
    spool = join(home, 'run');
    await mkdir(spool);
  });
  afterEach(() => remove());

  const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, text] of Object.entries(files)) await writeFile(join(spool, name), text);
  };
  const job = { ...SH_KEEPER.files('echo out; echo err >&2', {}), open: '', ordered: '' };
  /** Of a run to its end. */
  async function outputOf(made: Awaited<ReturnType<typeof startKeeper>>): Promise<string[]> {
    assert.ok(made.ok, JSON.stringify(made));
    made.keeper.go();
    await made.keeper.exited;
    const files = ['stdout.0', 'stderr.0'].map((name) => readFile(join(spool, name), 'utf8'));
    return Promise.all(files);
  }

  it('is not waited for when it has ended before it was asked', async () => {
    await write(SH_KEEPER.ahead?.files ?? {});
    const early = startEarlyKeeper(SH_KEEPER, spool);
    await until(
      'fifos',
      () => readdir(spool),
      (found) => found.includes('err') || undefined,
    );
    for (const { pid } of findDescendants(process.pid)) {
      const line = await readFile(`/proc/${pid}/cmdline`, 'latin1');
      if (line.includes(spool)) process.kill(pid, 'SIGKILL');
    }
    await until(
      'its end',
      () => early?.isAlive(),
      (isAlive) => isAlive === false || undefined,
    );
    await write(job);
    const never = (): (() => void) => () => undefined;
    const made = await startKeeper(SH_KEEPER, { spool, room: 1000 }, never, early);
    assert.deepEqual(await outputOf(made), ['out\n', 'err\n']);
  });

  it('that was ended between its two fifos leaves the output of the run whole', async () => {
    await write(job);
    execFileSync('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', join(spool, 'out')]);
    const after = (ms: number, action: () => void) => systemClock.after(ms, action);
    const made = await startKeeper(SH_KEEPER, { spool, room: 1000 }, after);
    assert.deepEqual(await outputOf(made), ['out\n', 'err\n']);
  });
});
