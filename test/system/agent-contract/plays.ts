import { job, startWaiting, type Play } from './play.ts';

/** What the server may say in each state of the agent, and jobs of every kind (REFERENCE 15.6, 16). */
export const PLAYS: readonly Play[] = [
  {
    title: 'an abort without a job, as the server greets a node',
    act: async (side) => {
      await side.abort();
      await side.next('aborted');
    },
  },
  {
    title: 'ack, and messages without a meaning',
    act: async (side) => {
      await side.send({ type: 'ack' });
      await side.send({ type: 'dance' });
      await side.send({});
    },
  },
  job('a job with output on both streams', 'both'),
  job('a job without output', 'quiet'),
  job('a job that does not capture', 'both', { capture: false }),
  job('a command that fails', 'fail'),
  job('a command that a signal ends', 'signal'),
  job('a command whose program the shell does not find', 'unknown'),
  job('a command by pattern', 'say hello'),
  job('a command by pattern with a named group', 'restart web'),
  job('output in UTF-8', 'accents'),
  job('a directory', 'where'),
  job('a user', 'where', { user: 'daemon' }),
  job('no environment', 'env'),
  job('A9 an environment, which cannot replace what every job is told', 'env', {
    env: { A: '1', B: 'x y', CHEF_PUSH_NODE_NAME: 'no', CHEF_PUSH_JOB_ID: 'no' },
  }),
  job('a file as text', 'file', { file: 'raw:one: two\n' }),
  job('a file in base64', 'file', { file: 'base64:AGhlbGxv' }),
  job('A10 a file whose path names pushy', 'path', { file: 'raw:' }),
  job('a command that is not in the whitelist', 'rm -rf /'),
  job('a user whom the node does not have', 'quiet', { user: 'nobody-at-all' }),
  job('a directory that is not there', 'quiet', { dir: '/does/not/exist' }),
  job('a file of unknown form', 'quiet', { file: 'hello' }),
  {
    title: 'commits without a job or a command',
    act: async (side, id) => {
      for (const members of [{ command: 'quiet' }, { job_id: id('a') }, {}]) {
        await side.send({ type: 'commit', capture: false, ...members });
        await side.next('nack_commit');
      }
    },
  },
  {
    title: 'a run without a job, and of a job that was never committed',
    act: async (side, id) => {
      await side.send({ type: 'run' });
      await side.next('nack_run');
      await side.run(id('a'));
      await side.next('nack_run');
    },
  },
  {
    title:
      'a committed job: heartbeats, the same commit again, another one, the run of another one',
    act: async (side, id) => {
      await side.commit(id('a'), 'quiet');
      await side.beat('committed', id('a'));
      await side.commit(id('a'), 'quiet');
      await side.next('nack_commit');
      await side.commit(id('b'), 'quiet');
      await side.next('nack_commit');
      await side.run(id('b'));
      await side.next('nack_run');
      await side.send({ type: 'ack' });
      await side.run(id('a'));
      await side.next('succeeded');
      await side.beat('idle');
    },
  },
  {
    title: 'abort of a committed job, and its run after that',
    act: async (side, id) => {
      await side.commit(id('a'), 'quiet');
      await side.next('ack_commit');
      await side.abort();
      await side.next('aborted');
      await side.run(id('a'));
      await side.next('nack_run');
    },
  },
  {
    title: 'a running job: heartbeats, a commit, its run again, its end',
    act: async (side, id) => {
      await startWaiting(side, id('a'));
      await side.beat('running', id('a'));
      await side.commit(id('a'), 'wait');
      await side.next('nack_commit');
      await side.commit(id('b'), 'quiet');
      await side.next('nack_commit');
      await side.run(id('a'));
      await side.next('nack_run');
      await side.run(id('b'));
      await side.next('nack_run');
      await side.touch('go');
      await side.next('succeeded');
      await side.beat('idle');
    },
  },
  {
    title: 'abort of a running job, twice',
    act: async (side, id) => {
      await startWaiting(side, id('a'));
      await side.abort();
      await side.next('aborted');
      await side.abort();
      await side.next('aborted');
      await side.beat('idle');
    },
  },
  {
    title: 'J8 the end of the time of a job whose command ignores TERM: the server aborts it',
    act: async (side, id) => {
      await startWaiting(side, id('a'), 'stubborn');
      await side.abort();
      await side.next('aborted');
    },
  },
];
