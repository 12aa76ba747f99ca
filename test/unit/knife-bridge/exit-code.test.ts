import assert from 'node:assert/strict';
import { NODE_STATUSES, JOB_STATUSES } from '@pushy/protocol';
import { CliError } from '../../../knife-bridge/src/errors.ts';
import { errorExitCode, jobExitCode } from '../../../knife-bridge/src/exit-code.ts';

describe('exit codes', () => {
  it('are 0 for a complete job whose nodes succeeded, refused or were away, and for no other (REFERENCE 18)', () => {
    const good = ['succeeded', 'nacked', 'unavailable'];
    for (const status of JOB_STATUSES) {
      for (const node of NODE_STATUSES) {
        const expected = status === 'complete' && good.includes(node) ? 0 : 1;
        assert.equal(
          jobExitCode({ status, nodes: { [node]: ['a'] } }),
          expected,
          `${status} ${node}`,
        );
      }
    }
    assert.equal(jobExitCode({ status: 'complete', nodes: {} }), 0);
    assert.equal(jobExitCode({ status: 'complete', nodes: { succeeded: ['a'], failed: [] } }), 1);
  });

  it('are 1 for the command line and the configuration, 100 for all other trouble', () => {
    assert.equal(errorExitCode(new CliError('usage', '')), 1);
    assert.equal(errorExitCode(new CliError('config', '')), 1);
    assert.equal(errorExitCode(new CliError('network', '')), 100);
    assert.equal(errorExitCode(new Error('a bug')), 100);
  });
});
