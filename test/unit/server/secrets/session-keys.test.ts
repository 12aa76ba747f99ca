import assert from 'node:assert/strict';
import type { LockedSecret } from '../../../../server/src/secrets/locked-memory.ts';
import { makeSessionKeys } from '../../../../server/src/secrets/session-keys.ts';

describe('session keys', () => {
  const bytes = Buffer.alloc(32, 1);
  let derivations = 0;
  const master: LockedSecret = {
    with(use) {
      derivations += 1;
      return use(bytes);
    },
    wipe: () => undefined,
  };
  beforeEach(() => {
    derivations = 0;
  });

  it('are derived once as long as they are in use', () => {
    const of = makeSessionKeys(master, 1, 2);
    const first = of('acme', 'a', 0);
    of('acme', 'b', 0);
    assert.equal(of('acme', 'a', 0), first);
    of('acme', 'c', 0);
    assert.equal(of('acme', 'a', 0), first);
    assert.equal(derivations, 3);
    // b was used longest ago and had to go.
    of('acme', 'b', 0);
    assert.equal(derivations, 4);
  });

  it('Decision 11 are others in another epoch', () => {
    const one = makeSessionKeys(master, 1, 2)('acme', 'a', 0);
    const two = makeSessionKeys(master, 2, 2)('acme', 'a', 0);
    assert.notDeepEqual(one, two);
  });

  it('Decision 12 are others after each removal of the node, of which none comes back', () => {
    const of = makeSessionKeys(master, 1, 4);
    const keys = [0, 1, 2, 256].map((generation) => of('acme', 'a', generation).toString('hex'));
    assert.equal(new Set(keys).size, keys.length);
    // Whatever is kept from before, and on a server that keeps nothing.
    for (const b of ['b', 'c', 'd']) of('acme', b, 0);
    assert.equal(of('acme', 'a', 1).toString('hex'), keys[1]);
    assert.equal(makeSessionKeys(master, 1, 4)('acme', 'a', 2).toString('hex'), keys[2]);
    assert.equal(of('acme', 'b', 0), of('acme', 'b', 0));
  });
});
