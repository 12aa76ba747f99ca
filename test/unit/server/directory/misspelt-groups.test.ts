import assert from 'node:assert/strict';
import type { Directory, Membership } from '../../../../server/src/directory/directory.ts';
import { watchGroupNames } from '../../../../server/src/directory/misspelt-groups.ts';
import { makeFakeClock, turn } from '../../../helpers/fake-clock.ts';

const HOUR = 3_600_000;
const alice = { name: 'alice', type: 'user' } as const;

describe('groups with the name of the old documentation', () => {
  const open = () => {
    const groups = new Map<string, Membership | Error>();
    const asked: string[] = [];
    const lines: { level: string; fields: object }[] = [];
    const clock = makeFakeClock();
    const note = (level: string) => (fields: object) => lines.push({ level, fields });
    const directory: Directory = {
      organization: () => Promise.resolve({ id: 'g' }),
      principals: () => Promise.resolve({ found: 'none', reused: false }),
      requester: () => Promise.resolve({ found: 'none', orgId: 'g', reused: false }),
      membership: (org, _, group) => {
        asked.push(`${org} ${group}`);
        const answer = groups.get(`${org} ${group}`) ?? 'no_group';
        return typeof answer === 'string' ? Promise.resolve(answer) : Promise.reject(answer);
      },
      nodes: () => Promise.resolve([]),
      search: () => Promise.resolve({ ok: true, nodes: [] }),
      close: () => Promise.resolve(),
    };
    const watched = watchGroupNames(directory, {
      clock,
      log: { debug: note('debug'), warn: note('warn') },
    });
    const ask = async (group: string, org = 'acme'): Promise<Membership> => {
      const membership = await watched.membership(org, alice, group);
      await turn();
      return membership;
    };
    return { groups, asked, lines, clock, watched, ask };
  };

  it('is warned of once an hour for each organization and group, with its name, and counted', async () => {
    const { groups, lines, clock, watched, ask } = open();
    groups.set('acme push_job_readers', 'not_member');
    groups.set('acme push_job_writers', 'member');
    assert.equal(await ask('pushy_job_readers'), 'no_group');
    const readers = {
      level: 'warn',
      fields: { org: 'acme', group: 'push_job_readers', expected: 'pushy_job_readers' },
    };
    assert.deepEqual(lines, [readers]);
    assert.equal(watched.misspeltGroups(), 1);
    await ask('pushy_job_writers');
    assert.equal(watched.misspeltGroups(), 2);
    await ask('pushy_job_readers', 'other');
    await clock.advance(HOUR - 1);
    await ask('pushy_job_readers');
    assert.equal(lines.length, 2);
    await clock.advance(1);
    await ask('pushy_job_readers');
    assert.deepEqual(lines[2], readers);
  });

  it('is forgotten when it is gone, or when the right one is there', async () => {
    const { groups, clock, watched, ask } = open();
    groups.set('acme push_job_readers', 'member');
    await ask('pushy_job_readers');
    groups.set('acme pushy_job_readers', 'member');
    assert.equal(await ask('pushy_job_readers'), 'member');
    assert.equal(watched.misspeltGroups(), 0);
    groups.delete('acme pushy_job_readers');
    await ask('pushy_job_readers');
    assert.equal(watched.misspeltGroups(), 1);
    groups.delete('acme push_job_readers');
    await clock.advance(HOUR);
    await ask('pushy_job_readers');
    assert.equal(watched.misspeltGroups(), 0);
  });

  it('is not looked for where the right one is there, nor for other groups', async () => {
    const { groups, asked, ask } = open();
    groups.set('acme pushy_job_readers', 'not_member');
    await ask('pushy_job_readers');
    await ask('admins');
    assert.deepEqual(asked, ['acme pushy_job_readers', 'acme admins']);
  });

  it('changes no answer when the look fails', async () => {
    const { groups, lines, ask, watched } = open();
    groups.set('acme push_job_readers', new Error('away'));
    assert.equal(await ask('pushy_job_readers'), 'no_group');
    assert.equal(lines[0]?.level, 'debug');
    assert.equal(watched.misspeltGroups(), 0);
  });
});
