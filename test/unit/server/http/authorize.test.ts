import assert from 'node:assert/strict';
import { makeAuthorize, type Action } from '../../../../server/src/http/authorize.ts';

type Membership = 'member' | 'not_member' | 'no_group';
const READ: Action = { kind: 'read' };
const WRITE: Action = { kind: 'write' };
const configure = (node: string): Action => ({ kind: 'configure', node });
const alice = { name: 'alice', type: 'user' } as const;
const web1 = { name: 'web1', type: 'client' } as const;

const DENIED = {
  error: ["User or client 'alice' does not have access to that action on this server."],
};

/** The answer for a requester, given what the directory says of each group. */
async function judge(
  groups: Partial<Record<string, Membership>>,
  action: Action,
  who: { name: string; type: 'user' | 'client' } = alice,
  validateClientNodeName = true,
): Promise<unknown> {
  const directory = {
    membership: (_: string, __: object, group: string) =>
      Promise.resolve(groups[group] ?? ('no_group' as const)),
  };
  const judged = await makeAuthorize(directory, { validateClientNodeName })('acme', who, action);
  return judged.ok ? 'allowed' : { status: judged.answer.status, body: judged.answer.json };
}

describe('authorization (REFERENCE 6)', () => {
  const denied = { status: 403, body: DENIED };
  const rows: readonly (readonly [string, Partial<Record<string, Membership>>, Action, unknown])[] =
    [
      ['everybody reads where there is no group of readers', {}, READ, 'allowed'],
      ['a reader reads', { pushy_job_readers: 'member' }, READ, 'allowed'],
      ['another does not read', { pushy_job_readers: 'not_member' }, READ, denied],
      [
        'an admin who is no reader does not read',
        { pushy_job_readers: 'not_member', admins: 'member' },
        READ,
        denied,
      ],
      [
        'a writer who is no reader does not read',
        { pushy_job_readers: 'not_member', pushy_job_writers: 'member' },
        READ,
        denied,
      ],
      ['a writer writes', { pushy_job_writers: 'member' }, WRITE, 'allowed'],
      [
        'an admin who is no writer does not write',
        { pushy_job_writers: 'not_member', admins: 'member' },
        WRITE,
        denied,
      ],
      [
        'an admin writes where there is no group of writers',
        { admins: 'member' },
        WRITE,
        'allowed',
      ],
      ['another does not', { admins: 'not_member' }, WRITE, denied],
      ['H11 nobody writes where there are no admins either', {}, WRITE, denied],
      [
        'a user who is no reader gets no configuration',
        { pushy_job_readers: 'not_member' },
        configure('web1'),
        denied,
      ],
      ['a user who reads gets one', {}, configure('web1'), 'allowed'],
    ];
  for (const [rule, groups, action, outcome] of rows) {
    it(rule, async () => {
      assert.deepEqual(await judge(groups, action), outcome);
    });
  }

  it('a client gets the configuration of the node of its name alone, whatever the groups', async () => {
    const groups = { pushy_job_readers: 'not_member' } as const;
    assert.equal(await judge(groups, configure('web1'), web1), 'allowed');
    assert.deepEqual(await judge(groups, configure('web2'), web1), {
      status: 403,
      body: { error: ['Client and node name must match'] },
    });
  });

  it('with validate_client_node_name off a client gets any configuration', async () => {
    assert.equal(await judge({}, configure('web2'), web1, false), 'allowed');
  });
});
