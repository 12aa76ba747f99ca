import assert from 'node:assert/strict';
import type { Directory, PrincipalLookup } from '../../../../server/src/directory/directory.ts';
import { askInTurn } from '../../../../server/src/directory/in-turn.ts';
import { makeWatchedDirectory } from '../../../../server/src/directory/watched.ts';

describe('a directory that is watched', () => {
  const client = { name: 'web1', type: 'client', publicKey: '' } as const;
  const cases: [name: string, lookup: PrincipalLookup, gone: boolean][] = [
    ['a client', { found: 'principals', principals: [client], reused: false }, false],
    [
      'a user of its name alone',
      { found: 'principals', principals: [{ ...client, type: 'user' }], reused: false },
      true,
    ],
    ['nobody', { found: 'none', reused: false }, true],
    ['nobody in this organization', { found: 'not_member', reused: false }, true],
    ['nobody, a moment ago', { found: 'none', reused: true }, false],
  ];
  for (const [name, lookup, gone] of cases) {
    it(`Decision 12: ${name} ${gone ? 'means that the client is gone' : 'takes nothing away'}`, async () => {
      const said: string[] = [];
      const inner: Partial<Directory> = {
        organization: (org) => Promise.resolve(org === 'acme' ? { id: 'guid' } : undefined),
        principals: () => Promise.resolve(lookup),
      };
      const directory = makeWatchedDirectory(inner as Directory, (orgId, who) =>
        said.push(`${orgId} ${who}`),
      );
      await directory.principals('acme', 'web1');
      assert.deepEqual(said, [], 'the organization is not known yet');
      await directory.organization('acme');
      await directory.organization('ghosts');
      assert.deepEqual(await directory.principals('acme', 'web1'), lookup);
      assert.deepEqual(said, gone ? ['guid web1'] : []);
      assert.deepEqual([directory.nameOf('guid'), directory.nameOf('other')], ['acme', undefined]);
    });

    it(`Decision 12: ${name} who sends a request ${gone ? 'means the same' : 'takes nothing away'}`, async () => {
      const said: string[] = [];
      const inner: Partial<Directory> = {
        requester: askInTurn({
          organization: (org) => Promise.resolve(org === 'acme' ? { id: 'guid' } : undefined),
          principals: () => Promise.resolve(lookup),
        }),
      };
      const directory = makeWatchedDirectory(inner as Directory, (orgId, who) =>
        said.push(`${orgId} ${who}`),
      );
      assert.equal((await directory.requester('ghosts', 'web1')).found, 'no_organization');
      assert.deepEqual(await directory.requester('acme', 'web1'), { ...lookup, orgId: 'guid' });
      assert.deepEqual(said, gone ? ['guid web1'] : []);
      assert.equal(directory.nameOf('guid'), 'acme');
    });
  }
});
