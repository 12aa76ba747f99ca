import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { startScriptedServer, type ScriptedServer } from '../../helpers/scripted-server.ts';
import { makeTempDir } from '../../helpers/temp-dir.ts';
import { until } from '../../helpers/until.ts';

const MAIN = join(import.meta.dirname, '../../../client/src/main.ts');
const FROM_SOURCE = ['--import', 'ts-blank-space/register', '--conditions=@pushy/source'];

describe('pushy-client, the program', function () {
  this.timeout(60_000);

  const children: ChildProcess[] = [];
  afterEach(() => {
    // Those that a failed test has left behind.
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  function start(...args: string[]) {
    const child = spawn(process.execPath, [...FROM_SOURCE, MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const ended = once(child, 'close').then(() => ({ code: child.exitCode, stdout, stderr }));
    return { child, ended };
  }

  it('prints its version', async () => {
    const { code, stdout } = await start('-v').ended;
    assert.equal(code, 0);
    assert.match(stdout, /^Push Client: \d+\.\d+\.\d+\n$/);
  });

  it('ends with 1 and one line on standard error when its configuration is wrong', async () => {
    const { code, stdout, stderr } = await start('-c', '/not/there.rb').ended;
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.equal(stderr, 'pushy-client: there is no configuration file /not/there.rb\n');
  });

  describe('with a server', () => {
    let dir: string;
    let remove: () => Promise<void>;
    let server: ScriptedServer;
    let file: string;
    beforeEach(async () => {
      [dir, remove] = await makeTempDir();
      server = await startScriptedServer();
      file = join(dir, 'c.rb');
      writeFileSync(join(dir, 'k.pem'), server.clientKey, { mode: 0o600 });
      const lines = [
        `chef_server_url '${server.url}'`,
        "node_name 'web01'",
        `client_key '${dir}/k.pem'`,
        `state_dir '${dir}/state'`,
      ];
      writeFileSync(file, `${lines.join('\n')}\n`);
    });
    afterEach(async () => {
      await server.close();
      await remove();
    });

    for (const signal of ['SIGTERM', 'SIGQUIT', 'SIGINT'] as const) {
      it(`ends with 0 and a one-line notice on ${signal}`, async () => {
        const log = join(dir, 'agent.log');
        const { child, ended } = start('-c', file, '-L', log, '-l', 'info');
        await server.request(1);
        child.kill(signal);
        const { code, stdout, stderr } = await ended;
        assert.equal(code, 0);
        assert.equal(stdout, `pushy-client ends: ${signal}\n`);
        assert.equal(stderr, '');
        const lines = readFileSync(log, 'utf8');
        assert.match(lines, /^\[.*\] INFO: pushy-client starts node=web01/);
        assert.match(
          lines,
          /INFO: whitelist commands=\["chef-client"\] patterns=0 isDefault=true\n/,
        );
      });
    }

    it('doctor: says why the node is not available, and that it is', async () => {
      server.state.availability = 'unavailable';
      const alone = await start('doctor', '-c', file, '--format', 'json').ended;
      assert.equal(alone.code, 60, alone.stdout + alone.stderr);
      const { cause } = JSON.parse(alone.stdout) as Record<string, unknown>;
      assert.equal(cause, 'agent_not_running');
      server.state.availability = 'available';
      const agent = start('-c', file);
      await server.welcome();
      const beside = await start('-c', file, 'doctor').ended;
      assert.equal(beside.code, 0, beside.stdout + beside.stderr);
      assert.match(beside.stdout, new RegExp(`runs as process ${agent.child.pid}, hears`));
      agent.child.kill('SIGTERM');
      assert.equal((await agent.ended).code, 0);
    });

    it('does not start beside another agent of the node, and says which; starts at once when that is killed', async () => {
      const first = start('-c', file);
      await server.welcome();
      const { code, stderr } = await start('-c', file).ended;
      assert.equal(code, 1);
      const process = `process ${first.child.pid} is the agent of the node web01 on this host`;
      assert.match(stderr, new RegExp(`^pushy-client: ${process} .*agent\\.lock.*: stop it first`));
      assert.equal(server.requests.length, 1);
      first.child.kill('SIGKILL');
      await first.ended;
      const next = start('-c', file);
      await server.request(2);
      next.child.kill('SIGTERM');
      assert.equal((await next.ended).code, 0);
    });

    it('opens its log and reads its whitelist again on HUP, and survives a rotation that truncates the log', async () => {
      const log = join(dir, 'agent.log');
      const { child, ended } = start('-c', file, '-L', log, '-l', 'debug');
      await server.welcome();
      renameSync(log, `${log}.1`);
      appendFileSync(file, "whitelist 'other' => 'true'\n");
      child.kill('SIGHUP');
      await until(
        'a new log',
        () => (existsSync(log) ? readFileSync(log, 'utf8') : ''),
        (text) => /whitelist read again commands=\["other"\]/.exec(text) ?? undefined,
      );
      const moved = readFileSync(`${log}.1`, 'utf8');
      truncateSync(log);
      child.kill('SIGUSR1');
      await server.request(2);
      await until(
        'the next line',
        () => readFileSync(log, 'utf8'),
        (text) =>
          /fetching the configuration again[^]*whitelist read again/.exec(text) ?? undefined,
      );
      child.kill('SIGTERM');
      assert.equal((await ended).code, 0);
      assert.equal(readFileSync(`${log}.1`, 'utf8'), moved);
      assert.doesNotMatch(readFileSync(log, 'utf8'), /\0/);
    });

    it('fetches its configuration again on USR1', async () => {
      const { child, ended } = start('-c', file);
      await server.welcome();
      child.kill('SIGUSR1');
      await server.request(2);
      child.kill('SIGTERM');
      assert.equal((await ended).code, 0);
    });
  });
});
