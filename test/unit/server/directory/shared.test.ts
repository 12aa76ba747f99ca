import assert from 'node:assert/strict';
import { findMembership } from '../../../../server/src/directory/membership.ts';
import {
  makeKnownOrganizations,
  type KnownOrganizations,
} from '../../../../server/src/directory/known-organizations.ts';
import { makeShared } from '../../../../server/src/directory/shared.ts';
import { makeFakeClock, turn } from '../../../helpers/fake-clock.ts';

describe('shared answers', () => {
  it('keeps no more than it may, the newest', async () => {
    const loads: string[] = [];
    const shared = makeShared({
      clock: makeFakeClock(),
      reuseMs: 1_000,
      max: 2,
      load: (key) => {
        loads.push(key);
        return Promise.resolve(key);
      },
    });
    for (const key of ['a', 'b', 'c', 'c', 'b', 'a'])
      assert.equal((await shared.get(key)).value, key);
    assert.deepEqual(loads, ['a', 'b', 'c', 'a']);
  });

  it('lets everybody who waits for a call hear of its failure, and asks anew afterwards', async () => {
    let loads = 0;
    const shared = makeShared({
      clock: makeFakeClock(),
      reuseMs: 1_000,
      max: 2,
      load: () => Promise.reject(new Error(`failure ${++loads}`)),
    });
    const [first, second] = [shared.get('a'), shared.get('a')];
    await assert.rejects(first, /failure 1/);
    await assert.rejects(second, /failure 1/);
    await assert.rejects(shared.get('a'), /failure 2/);
  });
});

describe('nested groups', () => {
  it('gives up where there are more than anybody has', async () => {
    const find = (name: string) =>
      Promise.resolve({ users: [], clients: [], groups: [String(Number(name) + 1)] });
    await assert.rejects(findMembership(find, { name: 'a', type: 'user' }, '0'), {
      code: 'directory_failed',
    });
  });
});

describe('known organizations', () => {
  const MINUTE = 60_000;
  let ids: Map<string, string>;
  let asked: number;
  let answer: () => Promise<void>;
  let complaints: string[];
  let clock: ReturnType<typeof makeFakeClock>;
  let known: KnownOrganizations;
  beforeEach(async () => {
    ids = new Map([['acme', 'g']]);
    asked = 0;
    answer = () => Promise.resolve();
    complaints = [];
    clock = makeFakeClock();
    known = makeKnownOrganizations({
      directory: {
        organization: async (name) => {
          asked += 1;
          await answer();
          const id = ids.get(name);
          return id === undefined ? undefined : { id };
        },
      },
      clock,
      log: { warn: (_fields, message) => complaints.push(message) },
    });
    assert.equal(await known.resolve('acme'), 'g');
  });

  it('are remembered when they exist', async () => {
    assert.equal(known.known('acme'), 'g');
    assert.equal(await known.resolve('nope'), undefined);
    assert.equal(known.known('nope'), undefined);
    assert.equal(asked, 2);
  });

  it('H10 are asked for again after a minute, once, while nobody waits', async () => {
    await clock.advance(MINUTE - 1);
    known.known('acme');
    assert.equal(asked, 1);
    ids.set('acme', 'h');
    await clock.advance(1);
    assert.deepEqual([known.known('acme'), known.known('acme')], ['g', 'g']);
    await turn();
    assert.equal(asked, 2);
    assert.equal(known.known('acme'), 'h');
    ids.delete('acme');
    await clock.advance(MINUTE);
    known.known('acme');
    await turn();
    assert.equal(known.known('acme'), undefined);
  });

  it('H10 are asked for first when nothing was heard of them for two minutes', async () => {
    await clock.advance(2 * MINUTE);
    assert.equal(known.known('acme'), undefined);
    assert.equal(asked, 1);
    ids.set('acme', 'h');
    assert.equal(await known.resolve('acme'), 'h');
  });

  it('are asked for again 32 at a time', async () => {
    const more = Array.from({ length: 40 }, (_, i) => `org-${i}`);
    for (const name of more) ids.set(name, name);
    for (const name of more) await known.resolve(name);
    asked = 0;
    await clock.advance(MINUTE);
    for (const name of more) assert.equal(known.known(name), name);
    assert.equal(asked, 32);
    await turn();
    for (const name of more) known.known(name);
    assert.equal(asked, 40);
  });

  it('Decision 2 are not forgotten while the directory is away, and asked for every five seconds', async () => {
    answer = () => Promise.reject(new Error('away'));
    for (let ms = 0; ms < 10 * MINUTE; ms += 1000) {
      await clock.advance(1000);
      assert.equal(known.known('acme'), 'g');
      await turn();
    }
    assert.equal(asked, 1 + 9 * 12 + 1);
    assert.equal(complaints.length, asked - 1);
    assert.equal(await known.resolve('acme'), 'g');
    await assert.rejects(known.resolve('nope'), /away/);
    answer = () => Promise.resolve();
    ids.set('acme', 'h');
    await clock.advance(5000);
    known.known('acme');
    await turn();
    assert.equal(known.known('acme'), 'h');
  });
});
