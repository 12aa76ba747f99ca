import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { built } from '../helpers/built.ts';
import { sendSigned } from '../helpers/http.ts';
import { until } from '../helpers/until.ts';
import { writeAgentConfig } from './harness/agent-config.ts';
import { useScene } from './harness/scene.ts';
import { startStandalone, type Standalone } from './harness/standalone.ts';
import { bootSystemdHost, type SystemdHost } from './harness/systemd-host.ts';

const jobs = '/organizations/acme/pushy/jobs';

describe('an agent that is a service of systemd, with the control group killed at its end', () => {
  const scene = useScene('root', 'systemd');
  let stage: Standalone;
  let host: SystemdHost;
  let home: string;

  before('a server, and a host with the agent', async () => {
    home = await scene.subdir('home');
    const line = `touch '${home}/begun'; echo begun; until [ -e '${home}/go' ]; do sleep 0.1; done; echo ended`;
    stage = await startStandalone(scene, {
      server: { heartbeat_interval: 1000 },
      nodes: ['ours'],
      whitelist: () => ({ long: line }),
    });
    const settings = stage.settingsOf('ours');
    const config = await writeAgentConfig(home, settings);
    const log = join(home, 'agent.log');
    const { file, args } = built('client/src/main.ts', ['-c', config, '-l', 'debug', '-L', log]);
    host = await bootSystemdHost(scene, {
      services: { agent: `ExecStart=${[file, ...args].join(' ')}\nKillMode=control-group` },
      shared: [home, dirname(settings.key)],
    });
    await stage.watcher.available(['ours']);
  });

  async function ask(path: string, body?: object) {
    const port = Number(new URL(stage.url).port);
    const more = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const what = { port, path, ...(body === undefined ? {} : more) };
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    return sendSigned(stage.signer, { ...what, ...text });
  }

  it('Decision 4: keeps its run in a scope of its own over a restart, and reports what it wrote', async () => {
    const made = await ask(jobs, { command: 'long', nodes: ['ours'], capture_output: true });
    assert.equal(made.status, 201, made.body);
    const id = (JSON.parse(made.body) as { uri: string }).uri.slice(-32);
    const begun = join(home, 'begun');
    await until(
      'the run',
      () => existsSync(begun),
      (is) => is || undefined,
    );
    const before = await host.systemctl('show', '--property=MainPID', '--value', 'agent.service');
    assert.match(await host.systemctl('list-units', '--type=scope'), new RegExp(`Push job ${id}`));
    await host.systemctl('restart', 'agent.service');
    const after = await host.systemctl('show', '--property=MainPID', '--value', 'agent.service');
    assert.notEqual(after, before);
    const adopted = /a run of the agent before this one is adopted/;
    const log = (): Promise<string> => readFile(join(home, 'agent.log'), 'utf8');
    await until('the adoption', log, (text) => adopted.test(text) || undefined);
    await writeFile(join(home, 'go'), '');
    const job = await until(
      'the end of the job',
      async () => JSON.parse((await ask(`${jobs}/${id}`)).body) as Record<string, unknown>,
      (seen) => (seen['status'] === 'complete' ? seen : undefined),
    );
    assert.deepEqual(job['nodes'], { succeeded: ['ours'] });
    const output = await ask(`${jobs}/${id}/output/ours/stdout`);
    assert.equal(output.body, 'begun\nended\n');
  });
});
