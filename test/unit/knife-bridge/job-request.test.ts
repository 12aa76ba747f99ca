import assert from 'node:assert/strict';
import { CliError } from '../../../knife-bridge/src/errors.ts';
import { jobRequest, version1Request } from '../../../knife-bridge/src/job-request.ts';

const least = { command: 'c', nodes: ['a', 'b'], quorum: '100%', capture: false };

describe('jobRequest', () => {
  it('always sends a quorum, whether to capture, and an environment (REFERENCE 18)', () => {
    assert.deepEqual(jobRequest(least), {
      command: 'c',
      nodes: ['a', 'b'],
      quorum: 2,
      capture_output: false,
      env: {},
    });
  });

  it('sends what was asked for', () => {
    const wish = {
      ...least,
      capture: true,
      timeout: '90',
      withEnv: '{"A":"1"}',
      asUser: 'daemon',
      inDir: '/tmp',
      file: 'raw:x',
    };
    assert.deepEqual(jobRequest(wish), {
      command: 'c',
      nodes: ['a', 'b'],
      quorum: 2,
      file: 'raw:x',
      capture_output: true,
      env: { A: '1' },
      dir: '/tmp',
      user: 'daemon',
      run_timeout: 90,
    });
  });

  // knife-push starts the job all the same: without its environment, or with a timeout of 0.
  for (const [title, wish, words] of [
    ['an environment that is not JSON', { withEnv: '{nope' }, /--with-env is not JSON: \{nope/],
    ['an environment that is not an object', { withEnv: '[1]' }, /not a JSON object/],
    ['an environment of numbers', { withEnv: '{"A":1}' }, /the value of A is not a text/],
    [
      'a timeout that is no number',
      { timeout: 'abc' },
      /--timeout is not a number of seconds: abc/,
    ],
    ['a negative timeout', { timeout: '-1' }, /--timeout/],
    ['a quorum that is no number', { quorum: 'most' }, /enter integer or percent/],
  ] as const) {
    it(`refuses ${title}`, () => {
      assert.throws(
        () => jobRequest({ ...least, ...wish }),
        (error) => error instanceof CliError && words.test(error.message),
      );
    });
  }
});

describe('version1Request', () => {
  it('keeps the four keys of the 1.x line and drops the wish to capture (REFERENCE 17)', () => {
    assert.deepEqual(
      version1Request({ ...jobRequest(least), run_timeout: 9, capture_output: true }),
      {
        command: 'c',
        nodes: ['a', 'b'],
        quorum: 2,
        run_timeout: 9,
      },
    );
    assert.deepEqual(version1Request({ command: 'c', nodes: ['a'] }), {
      command: 'c',
      nodes: ['a'],
    });
  });

  for (const [name, more] of [
    ['Environment', { env: { A: '1' } }],
    ['send_file', { file: 'raw:' }],
    ['dir', { dir: '/' }],
    ['user', { user: 'daemon' }],
  ] as const) {
    it(`refuses what the 1.x line would leave out: ${name}`, () => {
      assert.throws(() => version1Request({ ...jobRequest(least), ...more }), new RegExp(name));
    });
  }
});
