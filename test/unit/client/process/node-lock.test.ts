import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../../client/src/clock.ts';
import { beAlone, findAgent } from '../../../../client/src/process/alone.ts';
import {
  findAgents,
  findNode,
  nodeLockPlace,
  takeNode,
  type NodeAgent,
  type NodeLockPlace,
} from '../../../../client/src/process/node-lock.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

/** Who waits for a lock, waits less here. */
const after = (ms: number, action: () => void) => systemClock.after(ms === 100 ? 5 : ms, action);
const ownUid = process.getuid?.() ?? 0;

describe('the lock of the one agent that speaks for a node on a host', () => {
  let dir: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    [dir, remove] = await makeTempDir();
  });
  afterEach(() => remove());

  const agent = (change: Partial<NodeAgent> = {}): NodeAgent => ({
    serverUrl: 'https://chef.example.com/organizations/o',
    nodeName: 'web01',
    stateDir: join(dir, 'state'),
    ...change,
  });
  const places: Record<string, () => NodeLockPlace> = {
    'a directory': () => ({ kind: 'directory', path: join(dir, 'run'), ownUid }),
    'a pipe': () => ({ kind: 'pipe', prefix: join(dir, 'pipe-') }),
  };

  for (const [name, place] of Object.entries(places)) {
    it(`${name}: refuses an agent with another state directory, and names who is there`, async () => {
      const first = await beAlone(agent(), place(), after);
      assert.equal(first.unguarded, undefined);
      const second = agent({ stateDir: join(dir, 'other') });
      const found = await findAgent(second, place(), after);
      assert.ok(found.kind === 'other');
      assert.deepEqual([found.pid, found.stateDir], [process.pid, join(dir, 'state')]);
      const word = `^AgentError: process ${process.pid} is the agent of the node web01 on this host, with the state directory ${join(dir, 'state')} \\(it holds `;
      await assert.rejects(beAlone(second, place(), after), new RegExp(word));
      // What it had taken before is free again, as all is at the end of the first.
      (
        await beAlone(agent({ nodeName: 'x', stateDir: second.stateDir }), place(), after)
      ).release();
      first.release();
      assert.deepEqual(await findAgent(second, place(), after), { kind: 'none' });
      (await beAlone(second, place(), after)).release();
    });

    it(`${name}: other nodes and other servers are no concern of it; the same server may be written in two ways`, async () => {
      const first = await takeNode(agent(), place(), after);
      assert.ok(first.kind === 'alone');
      const others = [
        agent({ nodeName: 'web02' }),
        agent({ serverUrl: 'https://chef.example.com/organizations/p' }),
        agent({ serverUrl: 'https://chef.example.com:8443/organizations/o' }),
      ];
      for (const other of others) {
        const lock = await takeNode(other, place(), after);
        assert.ok(lock.kind === 'alone');
        lock.release();
      }
      const same = agent({ serverUrl: 'https://CHEF.example.com:443//organizations/o/' });
      assert.equal((await findNode(same, place(), after)).kind, 'other');
      first.release();
    });
  }

  it('is open to its user alone, and nothing is left of it', async () => {
    const place = places['a directory']?.() as NodeLockPlace & { kind: 'directory' };
    mkdirSync(place.path, { mode: 0o777 });
    chmodSync(place.path, 0o777);
    const lock = await takeNode(agent(), place, after);
    assert.ok(lock.kind === 'alone');
    assert.equal(statSync(place.path).mode & 0o777, 0o700);
    lock.release();
    assert.deepEqual(readdirSync(place.path), []);
  });

  it('who waited for an agent that ends has the lock of that name, not the one that was removed', async () => {
    const place = places['a directory']?.() as NodeLockPlace & { kind: 'directory' };
    const first = await takeNode(agent(), place, after);
    const waiting = takeNode(agent(), place, after);
    assert.ok(first.kind === 'alone');
    // The one that waits has opened it by now.
    first.release();
    const second = await waiting;
    assert.ok(second.kind === 'alone');
    assert.equal((await findNode(agent(), place, after)).kind, 'other');
    // Somebody has removed it under its holder: what stands there now is not the holder's to remove.
    const [name = ''] = readdirSync(place.path);
    renameSync(join(place.path, name), join(dir, 'gone'));
    const third = await takeNode(agent(), place, after);
    assert.ok(third.kind === 'alone');
    second.release();
    assert.deepEqual(readdirSync(place.path), [name]);
    third.release();
  });

  it('goes where nobody else leads it: a link, a file or the directory of another user is said, and left alone', async () => {
    mkdirSync(join(dir, 'theirs'));
    symlinkSync(join(dir, 'theirs'), join(dir, 'link'));
    for (const [path, uid, why] of [
      [join(dir, 'link'), ownUid, /is no directory$/],
      [join(dir, 'theirs'), ownUid + 1, /belongs to another user$/],
      [join(dir, 'missing', 'run'), ownUid, /ENOENT/],
    ] as const) {
      const lock = await takeNode(agent(), { kind: 'directory', path, ownUid: uid }, after);
      assert.ok(lock.kind === 'unguarded');
      assert.match(lock.why, why);
    }
    assert.deepEqual(readdirSync(join(dir, 'theirs')), []);
  });

  it('believes nothing that another user says there', async () => {
    const place = places['a directory']?.() as NodeLockPlace & { kind: 'directory' };
    const lock = await takeNode(agent(), place, after);
    assert.ok(lock.kind === 'alone');
    const theirs = { ...place, ownUid: ownUid + 1 };
    assert.deepEqual(await findAgents(theirs, after), []);
    const found = await findNode(agent(), theirs, after);
    assert.ok(found.kind === 'unguarded');
    assert.match(found.why, /belongs to another user$/);
    lock.release();
    const file = join(dir, 'file');
    writeFileSync(file, '');
    assert.deepEqual(await findAgents({ ...place, path: file }, after), []);
  });

  it('finds every agent that runs, for whoever cannot name its node', async () => {
    const place = places['a directory']?.() as NodeLockPlace & { kind: 'directory' };
    assert.deepEqual(await findAgents(place, after), []);
    const lock = await takeNode(agent(), place, after);
    assert.ok(lock.kind === 'alone');
    mkdirSync(join(place.path, 'left-behind'));
    const { stateDir } = agent();
    assert.deepEqual(await findAgents(place, after), [{ pid: process.pid, stateDir }]);
    lock.release();
    assert.deepEqual(await findAgents(place, after), []);
    assert.deepEqual(await findAgents({ kind: 'pipe', prefix: 'x' }, after), []);
  });

  it('has a place for each user, whatever the environment says', () => {
    assert.deepEqual(nodeLockPlace('linux', 0), {
      kind: 'directory',
      path: '/run/pushy-client',
      ownUid: 0,
    });
    assert.deepEqual(nodeLockPlace('aix', 1000), {
      kind: 'directory',
      path: '/tmp/pushy-client-1000',
      ownUid: 1000,
    });
    assert.deepEqual(nodeLockPlace('win32'), {
      kind: 'pipe',
      prefix: '\\\\.\\pipe\\pushy-client-',
    });
  });
});
