import { formatHttpDate } from '@pushy/protocol';
import { job, type Difference } from './play.ts';

/**
 * Where the two answer differently on purpose, by the ids of REFERENCE 19. The rest of A1 to A13 is not seen in such
 * a play: A6 and A11 have tests of their own beside this, A12 and A13 are about time and Windows.
 */
export const DIFFERENCES: readonly Difference[] = [
  {
    ...job('a command that only contains what a pattern matches', 'false; restart web; exit 6'),
    rule: 'S10',
    reference: ['ack_commit a', 'ack_run a', 'failed a "restarted web\\n" ""'],
    ours: ['nack_commit a'],
  },
  {
    ...job('a second line behind a pattern with ^ and $', 'say hello\nexit 5'),
    rule: 'S10',
    reference: ['ack_commit a', 'ack_run a', 'failed a "hello\\n" ""'],
    ours: ['nack_commit a'],
  },
  {
    title: 'a message that is an hour old',
    act: async (side, id) => {
      const timestamp = formatHttpDate(Date.now() - 3_600_000);
      await side.commit(id('a'), 'quiet', { timestamp });
      if (side.isReference) await side.next('ack_commit');
      await side.abort();
      await side.next('aborted');
    },
    rule: 'S11',
    reference: ['ack_commit a', 'aborted a'],
    ours: ['aborted null'],
  },
  {
    title: 'a message that is repeated word for word',
    act: async (side, id) => {
      const frames = await side.commit(id('a'), 'quiet');
      await side.next('ack_commit');
      await side.server.sendFrames(frames);
      await side.abort();
      await side.next('aborted');
    },
    rule: 'Z4',
    reference: ['ack_commit a', 'nack_commit a', 'aborted a'],
    ours: ['ack_commit a', 'aborted a'],
  },
  {
    title: 'the options of a commit that was refused while another job was committed',
    act: async (side, id) => {
      await side.commit(id('a'), 'env', { capture: true, env: { A: 'first' } });
      await side.next('ack_commit');
      await side.commit(id('b'), 'env', { capture: true, env: { A: 'second' } });
      await side.next('nack_commit');
      await side.run(id('a'));
      await side.next('succeeded');
    },
    rule: 'A4',
    reference: [
      'ack_commit a',
      'nack_commit b',
      'ack_run a',
      'succeeded a "second||web01|<JOB>|none\\n" ""',
    ],
    ours: [
      'ack_commit a',
      'nack_commit b',
      'ack_run a',
      'succeeded a "first||web01|<JOB>|none\\n" ""',
    ],
  },
  {
    ...job('output over the limit', 'much'),
    rule: 'A7',
    reference: ['ack_commit a', 'ack_run a', 'succeeded a'],
    ours: ['ack_commit a', 'ack_run a', 'succeeded a "x..." ""'],
  },
  {
    ...job('output that is small, but not as JSON', 'control'),
    rule: 'A8',
    reference: ['ack_commit a', 'ack_run a', 'succeeded a with 180002 bytes ""'],
    ours: ['ack_commit a', 'ack_run a', 'succeeded a "\u0001..." ""'],
  },
  {
    ...job('the groups of a user, which are his own with us', 'groups', { user: 'daemon' }),
    rule: 'beyond 19:',
    reference: ['ack_commit a', 'ack_run a', 'succeeded a "root\\n" ""'],
    ours: ['ack_commit a', 'ack_run a', 'succeeded a "daemon\\n" ""'],
  },
  {
    ...job('output that is no UTF-8, whose result the reference loses', 'bytes'),
    rule: 'beyond 19:',
    reference: ['ack_commit a', 'ack_run a', 'aborted null'],
    ours: ['ack_commit a', 'ack_run a', 'succeeded a "caf\ufffd\\n" ""'],
  },
  {
    title: 'a command that cannot be started, which the reference keeps as running',
    act: async (side, id) => {
      await side.commit(id('a'), 'missing');
      await side.next('ack_commit');
      await side.run(id('a'));
      if (side.isReference) {
        await side.next('ack_run');
        await side.beat('running', id('a'));
        await side.beat('running', id('a'));
      } else await side.next('failed');
      await side.abort();
      await side.next('aborted');
    },
    rule: 'beyond 19:',
    reference: [
      'ack_commit a',
      'ack_run a',
      'heartbeat running a',
      'heartbeat running a',
      'aborted a',
    ],
    ours: ['ack_commit a', 'ack_run a', 'failed a', 'aborted null'],
  },
];

/** The same for the lock; these come last, for they spoil the reference agent until it starts again (A2). */
export const LOCK_DIFFERENCES: readonly Difference[] = [
  {
    title: 'a lock in a directory that cannot be made',
    act: async (side, id) => {
      await side.commit(id('a'), 'nowhere');
      if (!side.isReference) await side.next('nack_commit');
    },
    rule: 'A3',
    reference: [],
    ours: ['nack_commit a'],
  },
  {
    title: 'a lock that is free',
    act: async (side, id) => {
      await side.commit(id('a'), 'locked');
      if (side.isReference) return;
      await side.next('ack_commit');
      await side.run(id('a'));
      await side.next('succeeded');
    },
    rule: 'A1',
    reference: [],
    ours: ['ack_commit a', 'ack_run a', 'succeeded a'],
  },
  {
    title: 'the job after it, and an abort',
    act: async (side, id) => {
      await side.clear('ready');
      await side.commit(id('a'), 'mark', { dir: side.work });
      await side.next('ack_commit');
      await side.run(id('a'));
      await side.file('ready');
      if (side.isReference) {
        await side.beat('running', id('a'));
        await side.beat('running', id('a'));
      } else await side.next('succeeded');
      await side.abort();
      if (!side.isReference) await side.next('aborted');
    },
    rule: 'A2',
    reference: ['ack_commit a', 'ack_run a', 'heartbeat running a', 'heartbeat running a'],
    ours: ['ack_commit a', 'ack_run a', 'succeeded a', 'aborted null'],
  },
];
