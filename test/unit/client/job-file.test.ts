import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { chmod, chown, mkdir, symlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { decodeFile, makeJobFiles } from '../../../client/src/job-file.ts';
import { findUser, ownUserId } from '../../../client/src/process/user.ts';
import { makeLog } from '../../helpers/logs.ts';
import { makeTempDir } from '../../helpers/temp-dir.ts';

describe('decodeFile (REFERENCE 16)', () => {
  it('takes raw: text and base64: bytes', () => {
    assert.equal(decodeFile('raw:a:b\n')?.toString(), 'a:b\n');
    assert.equal(decodeFile('base64:YTpi\nCg==')?.toString(), 'a:b\n');
    assert.equal(decodeFile('raw:')?.length, 0);
  });
  it('refuses every other text', () => {
    for (const text of ['', 'text', 'RAW:a', 'base64:***', 'base32:AAAA'])
      assert.equal(decodeFile(text), undefined);
  });
});

describe('job files', () => {
  let dir: string;
  let remove: () => Promise<void>;
  let base: string;
  let log: ReturnType<typeof makeLog>;
  beforeEach(async () => {
    [dir, remove] = await makeTempDir();
    base = join(dir, 'chef-push');
    log = makeLog();
  });
  afterEach(() => remove());
  async function plantTarget(): Promise<string> {
    const target = join(dir, 'target');
    await mkdir(target);
    writeFileSync(join(target, 'file'), 'foreign');
    return target;
  }
  const files = () => makeJobFiles(base, ownUserId(), log);

  it('stores a file that its owner alone can read, in a directory of its own', async () => {
    const { path } = await files().store(Buffer.from('hello'));
    assert.equal(readFileSync(path, 'utf8'), 'hello');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
    assert.equal(dirname(dirname(path)), base);
    assert.match(path, /\/pushy_file-[0-9a-f]{16}\/pushy_file$/);
  });
  it('never gives the same path twice', async () => {
    const store = files();
    const paths = await Promise.all([1, 2, 3].map(() => store.store(Buffer.from('x'))));
    assert.equal(new Set(paths.map((p) => p.path)).size, 3);
  });
  it('can be read by the user of the job', async () => {
    const user = await findUser('daemon');
    assert.ok(user !== undefined);
    await chmod(dir, 0o711);
    const { path } = await files().store(Buffer.from('for daemon'), user);
    const args = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', 'cat', path];
    assert.equal(execFileSync('setpriv', args, { encoding: 'utf8' }), 'for daemon');
    const [home, file] = [statSync(dirname(path)), statSync(path)];
    assert.deepEqual([home.uid, home.mode & 0o777], [ownUserId(), 0o711]);
    assert.deepEqual([file.uid, file.gid, file.mode & 0o777], [user.uid, user.gid, 0o600]);
  });
  it('gives way to another user whatever the umask is', async () => {
    const before = process.umask(0o077);
    try {
      const { path } = await files().store(Buffer.from('x'), { uid: 12_345, gid: 12_345 });
      assert.equal(statSync(dirname(path)).mode & 0o777, 0o711);
    } finally {
      process.umask(before);
    }
  });
  it('removes a link that stands for its file, never the target', async () => {
    const stored = await files().store(Buffer.from('x'));
    const target = await plantTarget();
    unlinkSync(stored.path);
    await symlink(target, stored.path);
    await stored.remove();
    assert.equal(existsSync(dirname(stored.path)), false);
    assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'foreign');
  });
  it('leaves what else is in its directory, and says so', async () => {
    const stored = await files().store(Buffer.from('x'));
    const planted = join(dirname(stored.path), 'planted');
    await mkdir(planted);
    writeFileSync(join(planted, 'file'), 'foreign');
    await assert.rejects(stored.remove(), { code: 'ENOTEMPTY' });
    assert.equal(readFileSync(join(planted, 'file'), 'utf8'), 'foreign');
  });
  it('is gone, with its directory, when it is removed', async () => {
    const stored = await files().store(Buffer.from('x'));
    await stored.remove();
    assert.equal(existsSync(dirname(stored.path)), false);
    await stored.remove();
  });
  it('refuses a directory that others can write to, a link, and a directory of somebody else', async () => {
    await mkdir(base);
    await chmod(base, 0o777);
    await assert.rejects(files().store(Buffer.from('x')), {
      code: 'bad_config',
      message: /not safe/,
    });
    await chmod(base, 0o755);
    await chown(base, 12_345, 12_345);
    await assert.rejects(files().store(Buffer.from('x')), { code: 'bad_config' });
    await mkdir(join(dir, 'real'));
    await symlink(join(dir, 'real'), join(dir, 'link'));
    const linked = makeJobFiles(join(dir, 'link'), ownUserId(), log);
    await assert.rejects(linked.sweep(0, 0), { code: 'bad_config' });
    await assert.rejects(linked.store(Buffer.from('x')), { code: 'bad_config' });
  });
  it('takes a sticky directory such as /tmp', async () => {
    await mkdir(base);
    await chmod(base, 0o1777);
    await files().store(Buffer.from('x'));
  });
  it('sweeps what is older than its expiry, and nothing that is in use or not ours', async () => {
    const now = Date.now();
    const old = new Date(now - 2 * 86_400_000);
    const before = await files().store(Buffer.from('left behind'));
    await utimes(dirname(before.path), old, old);
    writeFileSync(join(base, 'other'), 'x');
    await utimes(join(base, 'other'), old, old);
    const store = files();
    const inUse = await store.store(Buffer.from('x'));
    await utimes(dirname(inUse.path), old, old);
    const fresh = await files().store(Buffer.from('x'));
    assert.equal(await store.sweep(now, 86_400_000), 1);
    assert.deepEqual(
      [before.path, inUse.path, fresh.path, join(base, 'other')].map((p) => existsSync(p)),
      [false, true, true, true],
    );
  });
  it('sweeps no directory that is not safe', async () => {
    const { path } = await files().store(Buffer.from('x'));
    const later = Date.now() + 86_400_000;
    await chmod(base, 0o777);
    await assert.rejects(files().sweep(later, 0), { code: 'bad_config', message: /not safe/ });
    await chmod(base, 0o711);
    await chown(base, 12_345, 12_345);
    await assert.rejects(files().sweep(later, 0), { code: 'bad_config', message: /not safe/ });
    assert.equal(existsSync(path), true);
  });
  it('sweeps links away from its own directories, never their targets', async () => {
    const { path } = await files().store(Buffer.from('x'));
    const target = await plantTarget();
    await symlink(target, join(dirname(path), 'to-directory'));
    await symlink(join(target, 'file'), join(dirname(path), 'to-file'));
    assert.equal(await files().sweep(Date.now() + 1000, 0), 1);
    assert.equal(existsSync(dirname(path)), false);
    assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'foreign');
  });
  it('leaves links, foreign and open directories, and what holds directories, with one warning', async () => {
    const target = await plantTarget();
    const names = ['link', 'file', 'foreign', 'open', 'nested'];
    const [link, file, foreign, open, nested] = names.map((n) => join(base, `pushy_file-${n}`));
    assert.ok(link && file && foreign && open && nested);
    for (const path of [foreign, open, nested]) {
      await mkdir(join(path, path === nested ? 'planted' : ''), { recursive: true });
      writeFileSync(join(path, 'pushy_file'), 'x');
    }
    await chown(foreign, 12_345, 12_345);
    await chmod(open, 0o777);
    await symlink(target, link);
    writeFileSync(file, 'x');
    assert.equal(await files().sweep(Date.now() + 1000, 0), 0);
    for (const path of [link, file, foreign, open, nested]) assert.ok(lstatSync(path));
    for (const path of [foreign, open, nested]) assert.ok(existsSync(join(path, 'pushy_file')));
    assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'foreign');
    assert.equal(log.lines.length, 1);
  });
  it('has nothing to sweep where there is no directory, and says so where there is a file', async () => {
    assert.equal(await files().sweep(0, 0), 0);
    writeFileSync(base, 'x');
    await assert.rejects(files().sweep(0, 0), { code: 'bad_config' });
  });
});
