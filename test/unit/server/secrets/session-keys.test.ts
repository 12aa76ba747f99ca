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
    const first = of('acme', 'a');
    of('acme', 'b');
    assert.equal(of('acme', 'a'), first);
    of('acme', 'c');
    assert.equal(of('acme', 'a'), first);
    assert.equal(derivations, 3);
    // b was used longest ago and had to go.
    of('acme', 'b');
    assert.equal(derivations, 4);
  });

  it('Decision 11 are others in another epoch', () => {
    const one = makeSessionKeys(master, 1, 2)('acme', 'a');
    const two = makeSessionKeys(master, 2, 2)('acme', 'a');
    assert.notDeepEqual(one, two);
  });
});
