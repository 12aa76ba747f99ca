import assert from 'node:assert/strict';
import { inScope, scopeNeed } from '../../../../client/src/process/scope.ts';

const service = '0::/system.slice/chef-push-jobs-client.service\n';

function need(
  cgroup: string | undefined,
  killMode: string,
  programs = ['systemctl', 'systemd-run'],
) {
  const asked: string[] = [];
  const found = scopeNeed({
    readText: (file) => Promise.resolve(file === '/proc/self/cgroup' ? cgroup : undefined),
    run: (file, args) => {
      asked.push([file, ...args].join(' '));
      const stdout = file === 'systemctl' ? `${killMode}\n` : 'systemd 252\n';
      return Promise.resolve(
        programs.includes(file) ? { code: 0, stdout } : { code: undefined, stdout: '' },
      );
    },
  });
  return found.then((answer) => ({ answer, asked }));
}

describe('the need of a scope for runs', () => {
  it('is there in a service that kills its whole control group', async () => {
    for (const mode of ['control-group', 'mixed']) {
      assert.deepEqual(await need(service, mode), {
        answer: 'scope',
        asked: [
          'systemctl show --property=KillMode --value -- chef-push-jobs-client.service',
          'systemd-run --version',
        ],
      });
    }
  });
  it('is not there in one that does not', async () => {
    for (const mode of ['process', 'none']) {
      assert.equal((await need(service, mode)).answer, 'needless');
    }
  });
  it('is seen with the control groups of older systems too, and below the service', async () => {
    const old = '12:cpuset:/x.service\n1:name=systemd:/system.slice/a.service/worker\n';
    const { answer, asked } = await need(old, 'control-group');
    assert.equal(answer, 'scope');
    assert.match(asked[0] ?? '', / a\.service$/);
  });
  it('is not there in a session, below a user, in a container, and without control groups', async () => {
    const texts = [
      '0::/user.slice/user-0.slice/session-3.scope\n',
      '0::/user.slice/user-1.slice/user@1.service/app.slice/a.service\n',
      '0::/\n',
      'nonsense',
      undefined,
    ];
    for (const text of texts) {
      assert.deepEqual(await need(text, 'control-group'), { answer: 'needless', asked: [] });
    }
  });
  it('has no help where systemd-run is missing; is not there where systemctl is', async () => {
    assert.equal((await need(service, 'control-group', ['systemctl'])).answer, 'helpless');
    assert.equal((await need(service, 'control-group', [])).answer, 'needless');
  });
  it('is answered here, whatever this is', async () => {
    assert.ok(['needless', 'scope', 'helpless'].includes(await scopeNeed()));
    assert.deepEqual(inScope('abc').slice(0, 2), ['systemd-run', '--scope']);
  });
});
