import assert from 'node:assert/strict';
import { once } from 'node:events';
import { open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { newCertificate } from '../../helpers/certificate.ts';
import { fromSource } from '../../helpers/from-source.ts';
import { send } from '../../helpers/http.ts';
import { startProgram, type Program } from '../../helpers/program.ts';
import { runOk } from '../../helpers/run.ts';
import { makeTempDir } from '../../helpers/temp-dir.ts';
import { until } from '../../helpers/until.ts';

describe('the programs of the server', function () {
  this.timeout(120_000);
  let dir: string;
  let remove: () => Promise<void>;
  let file: string;
  before(async () => {
    [dir, remove] = await makeTempDir();
    file = join(dir, 'server.rb');
    const settings = {
      dir: join(dir, 'data'),
      api_port: 0,
      command_port: 0,
      server_heartbeat_port: 0,
      metrics_port: 0,
      zeromq_listen_address: 'tcp://127.0.0.1',
      ha: false,
    };
    const lines = Object.entries(settings).map(
      ([name, value]) => `opscode_pushy_server['${name}'] = ${JSON.stringify(value)}`,
    );
    await writeFile(file, lines.join('\n'));
  });
  after(() => remove());

  const start = (program: string, ...args: string[]): Promise<Program> =>
    startProgram({
      name: program,
      ...fromSource(`server/src/${program}`, args),
      logFile: join(dir, 'log'),
    });
  /** Runs a program to its end. */
  const run = async (program: string, ...args: string[]) => {
    const started = await start(program, ...args);
    const { code } = await started.exited;
    await started.stop();
    return { code, output: started.output() };
  };

  it('ADDON B.4 pushy-server does not serve where enable is false, and ends with 0', async () => {
    const off = join(dir, 'off.rb');
    await writeFile(off, `${await readFile(file, 'utf8')}\nenable false\n`);
    const { code, output } = await run('main.ts', '-c', off);
    assert.equal(code, 0);
    assert.match(output, /enable is false: this machine does not serve/);
    assert.doesNotMatch(output, /server ready/);
  });

  it('pushy-server says once where it listens, and ends with 0 on SIGTERM', async () => {
    const server = await start('main.ts', '-c', file);
    try {
      const ready = JSON.parse(await server.line(/"msg":"server ready"/)) as Record<
        string,
        unknown
      >;
      for (const port of ['api_port', 'command_port', 'server_heartbeat_port']) {
        assert.ok(Number(ready[port]) > 0, port);
      }
      assert.match(String(ready['incarnation_id']), /^[0-9a-f-]{36}$/);
      assert.match(server.output(), /ha has no effect/);
      const status = await send({ port: Number(ready['api_port']), path: '/pushy/_status' });
      assert.equal(status.status, 200);
      const listed = await run('ctl/main.ts', '-c', file, 'org-add', 'acme');
      assert.deepEqual([listed.code, /Added organization 'acme'/.test(listed.output)], [0, true]);
      server.signal('SIGTERM');
      assert.deepEqual(await server.exited, { code: 0, signal: null });
      await assert.rejects(stat(join(dir, 'data', 'control.sock')), { code: 'ENOENT' });
    } finally {
      await server.stop();
    }
  });

  it('pushy-server ends with 1 and one clear line where it cannot start', async () => {
    const { code, output } = await run('main.ts', '-c', join(dir, 'none.rb'));
    assert.equal(code, 1);
    assert.equal(
      output.trim(),
      `pushy-server: the configuration file ${join(dir, 'none.rb')} cannot be read: there is no such file`,
    );
  });

  it('pushy-server ends with 1 and names the setting where a port is taken', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    try {
      const { port } = taken.address() as AddressInfo;
      const other = join(dir, 'taken.rb');
      const text = await readFile(file, 'utf8');
      await writeFile(other, text.replace("['api_port'] = 0", `['api_port'] = ${port}`));
      const { code, output } = await run('main.ts', '-c', other);
      assert.equal(code, 1);
      assert.match(output, /^pushy-server: listen and api_port: cannot listen: .*EADDRINUSE/m);
      assert.ok(!output.includes('server ready'));
    } finally {
      taken.close();
    }
  });

  it('pushy-server names the setting where a ZeroMQ port is taken or an address is not this machine', async () => {
    const other = join(dir, 'address.rb');
    const text = await readFile(file, 'utf8');
    await writeFile(other, text.replace('tcp://127.0.0.1', 'tcp://192.0.2.1'));
    const { code, output } = await run('main.ts', '-c', other);
    assert.equal(code, 1);
    assert.match(
      output,
      /^pushy-server: zeromq_listen_address and command_port: cannot listen on tcp:\/\/192/m,
    );
  });

  it('pushy-server --check-config says everything that is wrong with file and line, and starts nothing', async () => {
    const wrong = join(dir, 'wrong.rb');
    await writeFile(
      wrong,
      "opscode_pushy_server['api_port'] = 'x'\nha true\nopscode_pushy_server['dir'] = 'data'\n",
    );
    const refused = await run('main.ts', '-c', wrong, '--check-config');
    assert.equal(refused.code, 1);
    assert.deepEqual(refused.output.trim().split('\n'), [
      `problem: ${wrong}:3: dir must be a path that starts with /, such as /var/opt/name, not "data"`,
      `problem: ${wrong}:1: api_port must be a whole number from 0 to 65535, not "x"`,
      `warning: ${wrong}:2: ha has no effect: it is computed, and several servers are not supported yet`,
    ]);
    const fresh = join(dir, 'fresh.rb');
    await writeFile(fresh, `opscode_pushy_server['dir'] = '${join(dir, 'never')}'\n`);
    const good = await run('main.ts', '-c', fresh, '--check-config');
    assert.deepEqual([good.code, good.output], [0, 'The configuration can be used.\n']);
    await assert.rejects(stat(join(dir, 'never')), { code: 'ENOENT' });
  });

  it('pushy-server --print-config shows every setting, its value and its origin, for people and programs', async () => {
    const human = await run('main.ts', '-c', file, '--print-config');
    assert.equal(human.code, 0);
    assert.match(human.output, new RegExp(`^api_port +0 +${file}:2$`, 'm'));
    assert.match(human.output, /^chef_server_url +- +default$/m);
    const json = await run('main.ts', '-c', file, '--print-config', '--format', 'json');
    const settings = JSON.parse(json.output.slice(0, json.output.lastIndexOf(']') + 1)) as object[];
    assert.deepEqual(settings[2], { name: 'api_port', value: 0, origin: `${file}:2` });
  });

  it('pushy-server logs into log_directory where one is set', async () => {
    const other = join(dir, 'logged.rb');
    const text = await readFile(file, 'utf8');
    await writeFile(
      other,
      `${text}\nopscode_pushy_server['log_directory'] = '${join(dir, 'logs')}'\n`,
    );
    const server = await start('main.ts', '-c', other);
    const logged = (): Promise<string> =>
      readFile(join(dir, 'logs', 'current'), 'utf8').catch(() => '');
    try {
      await until('the server', logged, (text) => text.includes('server ready') || undefined);
      server.signal('SIGTERM');
      assert.deepEqual(await server.exited, { code: 0, signal: null });
    } finally {
      await server.stop();
    }
    assert.match(await logged(), /"msg":"server stopped"\}\n$/);
    assert.equal(server.output(), '');
  });

  it('pushy-server reads its certificate again and opens its log again on HUP, and outlives a broken one', async () => {
    const [crt, key] = [join(dir, 'tls.crt'), join(dir, 'tls.key')];
    const put = async (name: string): Promise<void> => {
      const { cert, key: privateKey } = newCertificate(name);
      await writeFile(crt, cert);
      await writeFile(key, privateKey);
    };
    await put('first');
    const logs = join(dir, 'tls-logs');
    const more = { tls_certificate: crt, tls_key: key, tls_listen: '127.0.0.1', tls_port: 0 };
    const lines = Object.entries({ ...more, log_directory: logs }).map(
      ([name, value]) => `opscode_pushy_server['${name}'] = ${JSON.stringify(value)}`,
    );
    const other = join(dir, 'tls.rb');
    await writeFile(other, `${await readFile(file, 'utf8')}\n${lines.join('\n')}\n`);
    const current = join(logs, 'current');
    const logged = (wanted: string): Promise<string> =>
      until(
        wanted,
        () => readFile(current, 'utf8').catch(() => ''),
        (text) => text.split('\n').find((line) => line.includes(wanted)),
      );
    const server = await start('main.ts', '-c', other);
    try {
      const ready = JSON.parse(await logged('server ready')) as { tls_port: number };
      const nameShown = async (): Promise<unknown> => {
        const socket = connect({ port: ready.tls_port, rejectUnauthorized: false });
        await once(socket, 'secureConnect');
        const { subject } = socket.getPeerCertificate();
        socket.destroy();
        return subject.CN;
      };
      assert.equal(await nameShown(), 'first');
      await put('second');
      await rename(current, join(logs, 'moved'));
      server.signal('SIGHUP');
      await logged('the certificate was read again');
      assert.equal(await nameShown(), 'second');
      await writeFile(crt, 'broken');
      server.signal('SIGHUP');
      assert.match(await logged('the one before stays'), /tls_certificate: .* holds no PEM/);
      assert.equal(await nameShown(), 'second');
      server.signal('SIGTERM');
      assert.deepEqual(await server.exited, { code: 0, signal: null });
    } finally {
      await server.stop();
    }
  });

  it('pushy-server ends with 0 on a SIGTERM before it has begun', async () => {
    // Its configuration is a pipe: the other end opens when the program is there and reads it.
    const pipe = join(dir, 'pipe.rb');
    await runOk('mkfifo', [pipe], { timeoutMs: 10_000 });
    const server = await start('main.ts', '-c', pipe);
    const writer = await open(pipe, 'w');
    try {
      server.signal('SIGTERM');
      await writer.close();
      assert.deepEqual(await server.exited, { code: 0, signal: null });
      assert.equal(server.output(), '');
    } finally {
      await server.stop();
    }
  });

  it('ctl works while no server runs, and ends with 1 and a sentence where it refuses', async () => {
    const listed = await run('ctl/main.ts', '-c', file, 'directory-list', 'acme');
    assert.equal(listed.code, 0);
    assert.match(listed.output, /organization acme \([0-9a-f]{32}\)\nusers: none\n/);
    const refused = await run('ctl/main.ts', '-c', file, 'org-add', 'acme');
    assert.equal(refused.code, 1);
    assert.match(refused.output, /The organization 'acme' exists already\.\n$/);
  });
});
