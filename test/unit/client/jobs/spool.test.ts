import assert from 'node:assert/strict';
import { chmod, chown, mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError } from '../../../../client/src/errors.ts';
import { makeSpool, type RunRecord } from '../../../../client/src/jobs/spool.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

const record: RunRecord = {
  jobId: 'a'.repeat(32),
  incarnationId: 'one',
  bootId: 'boot',
  command: 'c',
  commandLine: 'echo',
  capture: true,
  lock: '/lock',
};

describe('the spool', () => {
  let home: string;
  let dir: string;
  let remove: () => Promise<void>;
  const said: string[] = [];
  const log = {
    warn: (_f: object, m: string) => said.push(m),
    error: (_f: object, m: string) => said.push(m),
  };
  const open = () => makeSpool(dir, process.getuid?.(), log);
  beforeEach(async () => {
    [home, remove] = await makeTempDir();
    dir = join(home, 'state', 'spool');
    said.length = 0;
  });
  afterEach(() => remove());
  const names = async () => (await readdir(join(dir, record.jobId))).sort();

  it('is a directory that nobody else can look into, and each run has such a one', async () => {
    await mkdir(dir, { recursive: true, mode: 0o755 });
    await chmod(join(home, 'state'), 0o755);
    const spool = open();
    assert.deepEqual(await spool.open(), []);
    await spool.commit(record, { job: 'echo' });
    for (const path of [join(home, 'state'), dir, spool.pathOf(record.jobId)]) {
      assert.equal((await stat(path)).mode & 0o777, 0o700);
    }
    assert.equal((await stat(join(dir, record.jobId, 'job'))).mode & 0o777, 0o600);
  });

  it('gives an agent that comes later what was written down', async () => {
    await open().open();
    await open().commit(record, { job: 'echo' });
    assert.deepEqual(await open().open(), [record]);
    assert.deepEqual(await open().find(record.jobId), record);
    assert.deepEqual(await names(), ['committed', 'job', 'open', 'record.json']);
  });

  it('Decision 5: lets one begin what was ordered, the keeper or the agent that gives it up', async () => {
    const spool = open();
    await spool.open();
    await spool.commit(record, { job: '' });
    await spool.order(record.jobId);
    assert.equal(await spool.claim(record.jobId), true);
    assert.equal(await spool.claim(record.jobId), false);
    // An agent that comes later finds that it has begun.
    await spool.order(record.jobId);
    assert.deepEqual(await names(), ['open', 'ordered', 'record.json']);
  });

  it('tells a job that was ordered from one that was only committed, more than once', async () => {
    const spool = open();
    await spool.open();
    await spool.commit(record, { job: 'echo' });
    for (let i = 0; i < 2; i++) await spool.order(record.jobId);
    assert.deepEqual(await names(), ['job', 'open', 'ordered', 'record.json']);
    await spool.remove(record.jobId);
    await assert.rejects(spool.order(record.jobId), /ENOENT/);
  });

  it('Decision 5: refuses a job that was run here before, and keeps that', async () => {
    const spool = open();
    await spool.open();
    await spool.commit(record, { job: 'echo' });
    await spool.order(record.jobId);
    await assert.rejects(spool.commit(record, { job: 'echo' }), /it was run here before/);
    assert.ok((await names()).includes('ordered'));
    assert.deepEqual(await readdir(dir), [record.jobId]);
  });

  it('writes down a run that was never started, where there is no room for the reason as well', async () => {
    const spool = open();
    await spool.open();
    await spool.commit(record, { job: 'echo' });
    await mkdir(join(dir, record.jobId, 'why'));
    await assert.rejects(spool.giveUp(record.jobId, 'because'), /EISDIR/);
    assert.ok((await names()).includes('exited.126'));
  });

  it('refuses a job whose id is no name', async () => {
    const spool = open();
    await spool.open();
    for (const jobId of ['', '..', 'a/b', '.a', 'x'.repeat(65)]) {
      await assert.rejects(
        spool.commit({ ...record, jobId }, { job: '' }),
        /no name for a directory/,
      );
    }
    assert.deepEqual(await readdir(dir), []);
  });

  it('removes whole runs, and what was left half-made or half-removed', async () => {
    const spool = open();
    await spool.open();
    await spool.commit(record, { job: 'echo' });
    await spool.remove(record.jobId);
    assert.deepEqual(await readdir(dir), []);
    for (const name of ['.new-x', '.gone-x']) await mkdir(join(dir, name));
    assert.deepEqual(await spool.open(), []);
    assert.deepEqual(await readdir(dir), []);
  });

  it('finds no run that somebody has removed or spoiled; a disk that cannot be read is another thing', async () => {
    const spool = open();
    await spool.open();
    assert.equal(await spool.find(record.jobId), undefined);
    await spool.commit(record, { job: 'echo' });
    const file = join(dir, record.jobId, 'record.json');
    await writeFile(file, '');
    assert.equal(await spool.find(record.jobId), undefined);
    await rm(file);
    await mkdir(file);
    await assert.rejects(spool.find(record.jobId), /EISDIR/);
  });

  it('Decision 9: is made again where somebody has removed it under a running agent', async () => {
    const spool = open();
    await spool.open();
    await rm(join(home, 'state'), { recursive: true });
    await spool.commit(record, { job: 'echo' });
    assert.deepEqual(await spool.find(record.jobId), record);
    assert.equal((await stat(dir)).mode & 0o777, 0o700);
  });

  it('removes what it cannot read, and says so', async () => {
    const spool = open();
    await spool.open();
    for (const [name, text] of [
      ['a', 'no json'],
      ['b', '{}'],
      ['c', JSON.stringify(record)],
    ] as const) {
      await mkdir(join(dir, name));
      await writeFile(join(dir, name, 'record.json'), text);
    }
    assert.deepEqual(await spool.open(), []);
    assert.equal(said.length, 3);
    assert.deepEqual(await readdir(dir), []);
  });

  it('leaves a run alone that the disk does not give at present, and says so', async () => {
    const spool = open();
    await spool.open();
    await mkdir(join(spool.pathOf('a'), 'record.json'), { recursive: true });
    assert.deepEqual(await spool.open(), []);
    assert.equal(said.length, 1);
    assert.deepEqual(await readdir(dir), ['a']);
  });

  it('takes no run that somebody else has put there, and removes it', async () => {
    const spool = open();
    await spool.open();
    const foreign = join(home, 'foreign');
    await mkdir(foreign);
    await writeFile(join(foreign, 'record.json'), JSON.stringify({ ...record, jobId: 'link' }));
    await symlink(foreign, spool.pathOf('link'));
    const wanted = ['removed'];
    if (process.getuid?.() === 0) {
      await spool.commit({ ...record, jobId: 'theirs' }, { job: '' });
      await chown(spool.pathOf('theirs'), 65_534, 65_534);
      wanted.push('removed');
    }
    assert.deepEqual(await open().open(), []);
    assert.deepEqual(await readdir(dir), []);
    assert.deepEqual(await readdir(foreign), ['record.json']);
    assert.deepEqual(
      said.map((text) => text.split(' ').at(-1)),
      wanted,
    );
  });

  it('is refused, with advice, where it is not the agent’s own', async () => {
    const refused = (error: unknown) =>
      error instanceof AgentError && /spool .* cannot be used: .*state_dir/.test(error.message);
    await mkdir(dir, { recursive: true });
    await chmod(dir, 0o777);
    await chown(dir, 1, 1);
    await assert.rejects(open().open(), refused);
    dir = join(home, 'other', 'link');
    await mkdir(join(home, 'other'));
    await symlink(home, dir);
    await assert.rejects(open().open(), refused);
    dir = join(home, 'file', 'spool');
    await writeFile(join(home, 'file'), '');
    await assert.rejects(open().open(), refused);
  });
});
