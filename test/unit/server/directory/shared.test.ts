import assert from 'node:assert/strict';
import { findMembership } from '../../../../server/src/directory/membership.ts';
import { makeKnownOrganizations } from '../../../../server/src/directory/known-organizations.ts';
import { makeShared } from '../../../../server/src/directory/shared.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';

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
  it('remembers for a minute those that exist', async () => {
    const clock = makeFakeClock();
    const ids = new Map([['acme', 'g']]);
    const known = makeKnownOrganizations(
      {
        organization: (name) => {
          const id = ids.get(name);
          return Promise.resolve(id === undefined ? undefined : { id });
        },
      },
      clock,
    );
    assert.equal(known.known('acme'), undefined);
    assert.equal(await known.resolve('acme'), 'g');
    assert.equal(known.known('acme'), 'g');
    assert.equal(await known.resolve('nope'), undefined);
    assert.equal(known.known('nope'), undefined);
    await clock.advance(60_000);
    assert.equal(known.known('acme'), undefined);
    ids.delete('acme');
    await known.resolve('acme');
    assert.equal(known.known('acme'), undefined);
  });
});
