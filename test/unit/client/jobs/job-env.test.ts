import assert from 'node:assert/strict';
import { jobEnvironment } from '../../../../client/src/jobs/job-env.ts';

const base = {
  node: 'web01',
  jobId: 'j1',
  base: { PATH: '/bin', HOME: '/root' },
  job: { A: '1', PATH: '/x' },
};

describe('environment of a run (REFERENCE 16)', () => {
  it('A9 tells every job its node and its id, and the path of its file when it has one', () => {
    const told = { CHEF_PUSH_NODE_NAME: 'web01', CHEF_PUSH_JOB_ID: 'j1' };
    assert.deepEqual(jobEnvironment(base), { PATH: '/x', HOME: '/root', A: '1', ...told });
    assert.equal(jobEnvironment({ ...base, file: '/f' })['CHEF_PUSH_JOB_FILE'], '/f');
  });
  it('renames what is not in allowed_overwritable_env_vars', () => {
    const env = jobEnvironment({ ...base, allowed: ['A'] });
    assert.equal(env['A'], '1');
    assert.equal(env['PATH'], '/bin');
    assert.equal(env['CHEF_PUSH_ENV_PATH'], '/x');
  });
  it('an empty allowed_overwritable_env_vars allows nothing', () => {
    assert.equal(jobEnvironment({ ...base, allowed: [] })['CHEF_PUSH_ENV_A'], '1');
  });
  it('does not let a job say who it is', () => {
    const env = jobEnvironment({ ...base, job: { CHEF_PUSH_JOB_ID: 'other' } });
    assert.equal(env['CHEF_PUSH_JOB_ID'], 'j1');
  });
  it("gives a job that runs as a user the user's own home and name, unless it says otherwise", () => {
    const user = { name: 'web', home: '/srv/web', shell: '/bin/bash' };
    const env = jobEnvironment({ ...base, user });
    assert.deepEqual(
      [env['HOME'], env['USER'], env['LOGNAME'], env['SHELL']],
      ['/srv/web', 'web', 'web', '/bin/bash'],
    );
    assert.equal(jobEnvironment({ ...base, user, job: { HOME: '/h' } })['HOME'], '/h');
    assert.equal('SHELL' in jobEnvironment({ ...base, user: { ...user, shell: '' } }), false);
  });
  it('has one variable of a name on Windows, however it is written', () => {
    const windows = { ...base, base: { Path: 'C:\\a' }, foldsNames: true };
    const env = jobEnvironment({ ...windows, job: { PATH: 'C:\\b', chef_push_job_id: 'other' } });
    assert.deepEqual([env['Path'], 'PATH' in env], ['C:\\b', false]);
    const ids = Object.entries(env).filter(([name]) => name.toUpperCase() === 'CHEF_PUSH_JOB_ID');
    assert.deepEqual(
      ids.map(([, id]) => id),
      ['j1'],
    );
  });
});
