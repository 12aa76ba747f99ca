import assert from 'node:assert/strict';
import { cannotBecome, findUser, isSelf, ownUserId } from '../../../../client/src/process/user.ts';

describe('findUser', () => {
  it('finds a user with his groups, home and shell', async () => {
    const root = await findUser('root');
    assert.deepEqual([root?.uid, root?.gid, root?.home], [0, 0, '/root']);
  });
  for (const name of ['nobody-at-all', '0', '', '-h', 'a b', 'root:x', '--help']) {
    it(`finds nobody called '${name}'`, async () => {
      assert.equal(await findUser(name), undefined);
    });
  }
});

describe('cannotBecome', () => {
  const other = { name: 'web', uid: 12_345, gid: 1, home: '/', shell: '' };
  const self = { ...other, uid: ownUserId() ?? 0 };
  it('allows the user that the agent is', () => {
    assert.equal(isSelf(self), true);
    assert.equal(cannotBecome(self), undefined);
  });
  it('allows root everybody, and nobody else anybody', () => {
    const expected =
      ownUserId() === 0 ? undefined : 'the agent does not run as root and cannot become user web';
    assert.equal(cannotBecome(other), expected);
  });
});
