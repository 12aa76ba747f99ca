import assert from 'node:assert/strict';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unwrapSessionKey, type AgentConfig } from '@pushy/protocol';
import { signRequest } from 'mixlib-authentication-ts';
import { curveKeyPair } from 'zeromq';
import { built } from '../helpers/built.ts';
import { openFeed } from '../helpers/feed-reader.ts';
import { send, sendSigned, type HttpAnswer } from '../helpers/http.ts';
import { newKeyPair } from '../helpers/keys.ts';
import { run, runOk } from '../helpers/run.ts';
import { until } from '../helpers/until.ts';
import { startWireAgent, type Say, type WireAgent } from '../helpers/wire-agent.ts';
import { postgresBin } from './harness/postgres-bin.ts';
import { startPostgres, type Postgres } from './harness/postgres.ts';
import { makeServerHome, startPushyServer, type PushyServer } from './harness/pushy-server.ts';
import { useScene, type Scene } from './harness/scene.ts';
import { makeSpread, type Find, type Planted } from './harness/spread.ts';

/** Who signs, with the text of the key. */
interface Person {
  readonly userId: string;
  readonly key: string;
}

const ORG = '/organizations/acme/pushy';
const names = ['env', 'file', 'stdout', 'stderr', 'password'] as const;

for (const engine of ['the embedded database', 'PostgreSQL'] as const) {
  describe(`Decision 11: secrets stay where they belong [${engine}]`, () => {
    const scene = useScene(...(engine === 'PostgreSQL' ? (['postgresql'] as const) : []));
    /** What belongs nowhere but into the answers that are meant to show it. */
    const marks = Object.fromEntries(
      names.map((name) => [name, `planted-${name}-${randomBytes(8).toString('hex')}`]),
    ) as Record<(typeof names)[number], string>;
    /** May be read by everybody: what finds this would find a secret. */
    const visible = `visible-${randomBytes(8).toString('hex')}`;
    const seen = makeSpread([{ name: 'visible', bytes: Buffer.from(visible) }]);
    const plain = makeSpread(names.map((name) => ({ name, bytes: Buffer.from(marks[name]) })));
    /** Everything that somebody was told who is not meant to hear a secret. */
    const said: [where: string, text: string][] = [];
    let postgres: Postgres | undefined;
    let home: { dir: string; configFile: string };
    let server: PushyServer;
    let alice: Person;
    let web1: Person;
    let agent: WireAgent | undefined;
    let say: Say;
    let finish: () => void;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    /** Keys, once they are made. */
    const keys: Planted[] = [];

    const ask = (path: string, signer = alice, now?: number): Promise<HttpAnswer> =>
      sendSigned(signer, { port: server.apiPort, path }, now);
    const post = (body: string | Buffer, signer = alice): Promise<HttpAnswer> =>
      sendSigned(signer, {
        port: server.apiPort,
        method: 'POST',
        path: `${ORG}/jobs`,
        headers: { 'content-type': 'application/json' },
        body,
      });
    const job = (command: string): string =>
      JSON.stringify({
        command,
        nodes: ['web1'],
        env: { SECRET: marks.env },
        file: `raw:${marks.file}`,
        capture_output: true,
      });
    const start = async (command: string): Promise<string> => {
      const answer = await post(job(command));
      assert.equal(answer.status, 201, answer.body);
      return answer.body.slice(-34, -2);
    };
    /** Runs one of the server's programs, whatever becomes of it. */
    const program = async (
      name: 'main' | 'ctl/main',
      args: readonly string[],
      env: Record<string, string> = {},
    ): Promise<void> => {
      const { file, args: line } = built(`server/src/${name}.ts`, ['-c', home.configFile, ...args]);
      const options = { cwd: home.dir, env: { ...process.env, ...env }, timeoutMs: 30_000 };
      const { stdout, stderr } = await run(file, line, options);
      said.push([`${name} ${args.join(' ')}`, stdout + stderr]);
    };

    before('a server at its most talkative, an admin, a node', async () => {
      if (engine === 'PostgreSQL') postgres = await startTalkativePostgres(scene);
      home = await makeServerHome(scene, {
        log_level: 'debug',
        heartbeat_interval: 1500,
        ...(postgres === undefined
          ? {}
          : {
              database_url: `postgres://pushy:${marks.password}@127.0.0.1:${postgres.port}/pushy`,
            }),
      });
      server = await startPushyServer(scene, home);
      const dir = await scene.subdir('keys');
      const file = (name: string): string => join(dir, `${name}.pem`);
      await program('ctl/main', ['org-add', 'acme']);
      await program('ctl/main', ['user-add', 'acme', 'alice', '--admin', '--key', file('alice')]);
      await program('ctl/main', ['node-add', 'acme', 'web1', '--key', file('web1')]);
      await program('ctl/main', ['sealing-key-rotate']);
      await program('ctl/main', ['session-keys-rotate']);
      alice = { userId: 'alice', key: await readFile(file('alice'), 'utf8') };
      web1 = { userId: 'web1', key: await readFile(file('web1'), 'utf8') };
      agent = await startWireAgent({
        port: server.apiPort,
        org: 'acme',
        node: 'web1',
        key: web1.key,
        output: '',
        play: async ({ type, job_id }, speak) => {
          say = speak;
          await speak(type === 'commit' ? 'ack_commit' : 'ack_run', { job_id });
          if (type === 'commit') return;
          await finished;
          await speak('succeeded', { job_id, stdout: marks.stdout, stderr: marks.stderr });
        },
      });
      await agent.heartbeat();
      keys.push(...(await keysOf(home.dir)), ...[alice, web1].map(pemOf));
      const query = `ccpk=${encodeURIComponent(curveKeyPair().publicKey)}`;
      const config = JSON.parse(
        (await ask(`${ORG}/config/web1?${query}`, web1)).body,
      ) as AgentConfig;
      keys.push({
        name: 'session key',
        bytes: unwrapSessionKey(config.encoded_session_key, createPrivateKey(web1.key)),
      });
    });
    after(() => agent?.close());

    it('a job shows its env in REFERENCE 8.4, 8.5 and 9.1, its file and output to who asks for them', async () => {
      const orgFeed = await openFeed(alice, {
        port: server.apiPort,
        path: `${ORG}/job_status_feed`,
      });
      const id = await start(visible);
      const path = `${ORG}/job_status_feed/${id}`;
      const jobFeed = await openFeed(alice, { port: server.apiPort, path });
      await jobFeed.until(/event: run_start/);
      finish();
      await jobFeed.ended();
      await orgFeed.until(/event: job_complete/);
      orgFeed.close();
      const shows = async (path: string): Promise<Find[]> =>
        plain.inText('it', (await ask(`${ORG}/${path}`)).body);
      assert.deepEqual(await shows('jobs'), ['env in it']);
      assert.deepEqual(await shows(`jobs/${id}`), ['env in it']);
      assert.deepEqual(await shows(`jobs/${id}?include_file=true`), ['env in it', 'file in it']);
      assert.deepEqual(plain.inText('it', jobFeed.text()), ['env in it']);
      assert.deepEqual(await shows(`jobs/${id}/output/web1/stdout`), ['stdout in it']);
      assert.deepEqual(await shows(`jobs/${id}/output/web1/stderr`), ['stderr in it']);
      assert.ok(orgFeed.text().includes(visible));
      said.push(['the feed of the organization', orgFeed.text()]);
    });

    it('no refusal repeats what it refuses', async () => {
      const { env, file } = marks;
      const bodies = {
        'no JSON': `{"command":"x","nodes":["web1"],"env":{"A":"${env}"`,
        'text before': `${env} {}`,
        'a list': JSON.stringify([env]),
        'a key twice': `{"command":"x","nodes":["web1"],"env":{"A":"${env}","A":"${env}"}}`,
        'a value that is none': JSON.stringify({ command: 'x', nodes: ['a'], env: { A: [env] } }),
        'an unknown key': JSON.stringify({ command: 'x', nodes: ['web1'], more: env, [env]: 1 }),
        NUL: JSON.stringify({ command: 'x', nodes: ['web1'], env: { A: `${env}\0` } }),
        'a file of no kind': JSON.stringify({ command: 'x', nodes: ['web1'], file }),
        'no base64': JSON.stringify({ command: 'x', nodes: ['a'], file: `base64:${file}` }),
        'too long a file': JSON.stringify({
          command: 'x',
          nodes: ['web1'],
          file: `raw:${file.repeat(5_000)}`,
        }),
        'too long': JSON.stringify({ command: 'x', nodes: ['a'], env: { A: env.repeat(50_000) } }),
      };
      for (const [why, body] of Object.entries(bodies)) {
        const { status, body: text } = await post(body);
        assert.ok([400, 413].includes(status), `${why}: ${status}`);
        said.push([why, text]);
      }
      const stranger = { userId: 'alice', key: newKeyPair().privateKey };
      for (const [who, signer] of Object.entries({ stranger, web1 })) {
        const { status, body } = await post(job('x'), signer);
        assert.ok([401, 403].includes(status), `${who}: ${status}`);
        said.push([who, body]);
      }
      const port = server.apiPort;
      const headers = { authorization: env };
      said.push(['no signature', (await send({ port, path: `${ORG}/jobs`, headers })).body]);
    });

    it('neither status nor metrics, description or list of nodes has any of it', async () => {
      for (const path of [
        '/pushy/_status?detail=true',
        '/pushy/openapi.json',
        `${ORG}/node_states`,
      ]) {
        const { status, body } = await ask(path);
        assert.equal(status, 200, path);
        said.push([path, body]);
      }
      const ready = JSON.parse(await server.program.line(/"msg":"server ready"/)) as {
        metrics_port: number;
      };
      const metrics = await send({ port: ready.metrics_port, path: '/metrics' });
      assert.match(metrics.body, /^pushy_/m);
      said.push(['the metrics', metrics.body]);
    });

    // Where there is a password in the configuration.
    if (engine === 'PostgreSQL') {
      it('commands and looks at the configuration say none of it, and what is wrong without it', async () => {
        const url = (text: string): Record<string, string> => ({ PUSHY_DATABASE_URL: text });
        const { password } = marks;
        const dir = { PUSHY_DIR: join(home.dir, 'elsewhere') };
        const owner = `postgres://u:${password}@127.0.0.1:1/d`;
        await Promise.all([
          program('ctl/main', ['directory-list']),
          program('ctl/main', ['incarnation-renew']),
          program('ctl/main', ['node-add', 'nowhere', 'web2', '--key', join(home.dir, 'no')]),
          program('ctl/main', ['migrate', '--owner-url', owner], dir),
          program('main', ['--print-config']),
          program('main', ['--print-config', '--format', 'json'], {
            CHEF_SECRETS_DATA: JSON.stringify({
              'chef-server': { superuser_key: password },
              'push-jobs-server': { sql_password: password },
            }),
            PUSHY_POSTGRESQL_SQL_PASSWORD: password,
          }),
          program('main', ['--print-config'], url(`postgres://u@h/d?password=${password}`)),
          program('main', ['--check-config'], url(`mysql://u:${password}@h/d`)),
          ...[
            `postgres://u:${password}@127.0.0.1:1/d`,
            `postgres://u:p@${password}@127.0.0.1:1/d`,
            `postgres://u:p/${password}@127.0.0.1:1/d`,
          ].map((wrong) => program('main', [], { ...url(wrong), ...dir })),
        ]);
      });
    }

    it('nothing was said that should not, the log at its debug level included', async () => {
      // Results of a job that nobody knows, and words that are none.
      const { stdout, stderr } = marks;
      await say('succeeded', { job_id: 'a'.repeat(32), stdout, stderr });
      await say('succeeded', { job_id: 7, stdout, stderr });
      await say('sung', { job_id: stdout, stderr });
      await say('nack_commit', { job_id: 'b'.repeat(32), env: marks.env });
      const now = Date.now();
      await ask(`${ORG}/jobs`, alice, now);
      const { 'X-Ops-Authorization-1': signature = '' } = signRequest(
        { method: 'GET', path: `${ORG}/jobs`, body: '' },
        alice,
        now,
      );
      assert.ok(signature.length > 40);
      await until(
        'the log to have all of it',
        () => server.program.output(),
        (text) => /message dropped/.test(text) || undefined,
      );
      said.push(['the log', server.program.output()]);
      if (postgres !== undefined) said.push(['the log of PostgreSQL', postgres.program.output()]);
      const secret = makeSpread([...keys, { name: 'signature', bytes: Buffer.from(signature) }]);
      assert.deepEqual(
        said.flatMap(([where, text]) => [
          ...plain.inText(where, text),
          ...secret.inText(where, text),
        ]),
        [],
      );
    });

    it('nor do its files hold it, with a job in flight, after the end of the process with a core dump', async () => {
      await start(visible);
      const { pid } = server.program;
      await runOk('prlimit', ['--pid', String(pid), '--core=unlimited'], { timeoutMs: 5_000 });
      const filter = await readFile(`/proc/${pid}/coredump_filter`, 'utf8');
      assert.equal(parseInt(filter, 16), 0);
      server.program.signal('SIGSEGV');
      assert.equal((await server.program.exited).signal, 'SIGSEGV');
      // Where the kernel is told to put dumps elsewhere, this says no more than the filter itself.
      const pattern = await readFile('/proc/sys/kernel/core_pattern', 'utf8');
      const dumps = (await readdir(home.dir)).filter((name) => name.startsWith('core'));
      assert.equal(dumps.length, /^core\b/.test(pattern) ? 1 : 0, pattern);
      const secret = makeSpread(keys);
      for (const name of dumps) {
        const memory = memoryIn(await readFile(join(home.dir, name)));
        assert.deepEqual([...plain.inText(name, memory), ...secret.inText(name, memory)], []);
      }
      const config = 'opscode-push-jobs-server.rb';
      const own = join('data', 'secrets');
      const found = [
        ...(await plain.inFiles(home.dir, [config, ...dumps])),
        ...(await secret.inFiles(home.dir, [own, ...dumps])),
      ];
      assert.deepEqual(found, []);
      if (postgres === undefined) {
        assert.notDeepEqual(await seen.inFiles(join(home.dir, 'data')), []);
        return;
      }
      await postgres.sql('pushy', 'CHECKPOINT');
      assert.notDeepEqual(await seen.inFiles(postgres.data), []);
      assert.deepEqual(await plain.inFiles(postgres.data), []);
      assert.deepEqual(await secret.inFiles(postgres.data), []);
      const dump = await runOk(
        join(postgresBin() ?? '', 'pg_dump'),
        ['-h', '127.0.0.1', '-p', String(postgres.port), '-U', 'postgres', 'pushy'],
        { timeoutMs: 30_000 },
      );
      assert.notDeepEqual(seen.inText('the dump', dump.stdout), []);
      assert.deepEqual(plain.inText('the dump', dump.stdout), []);
      assert.deepEqual(secret.inText('the dump', dump.stdout), []);
    });
  });
}

/** The parts of a core dump that are memory (ELF: segments of type 1): the registers beside them are no choice of the program's. */
function memoryIn(dump: Buffer): Buffer {
  const [table, size, count] = [
    Number(dump.readBigUInt64LE(32)),
    dump.readUInt16LE(54),
    dump.readUInt16LE(56),
  ];
  const segments = Array.from({ length: count }, (_, i) => dump.subarray(table + i * size));
  return Buffer.concat(
    segments
      .filter((segment) => segment.readUInt32LE(0) === 1)
      .map((segment) => {
        const [offset, length] = [segment.readBigUInt64LE(8), segment.readBigUInt64LE(32)];
        return dump.subarray(Number(offset), Number(offset + length));
      }),
  );
}

/** PostgreSQL that logs every statement and all its parameters. */
async function startTalkativePostgres(scene: Scene): Promise<Postgres> {
  const postgres = await startPostgres(scene);
  await postgres.createDatabase('pushy');
  await postgres.sql('postgres', 'CREATE ROLE pushy LOGIN');
  await postgres.sql('postgres', 'ALTER DATABASE pushy OWNER TO pushy');
  await postgres.sql('postgres', 'ALTER SYSTEM SET log_min_duration_statement = 0');
  await postgres.sql('postgres', `ALTER SYSTEM SET log_statement = 'all'`);
  await postgres.sql('postgres', 'SELECT pg_reload_conf()');
  return postgres;
}

/** The keys in the file of the server's secrets, as they are there and as they are used. */
async function keysOf(dir: string): Promise<Planted[]> {
  const text = await readFile(join(dir, 'data', 'secrets'), 'latin1');
  const planted: Planted[] = [];
  const value = (name: string): string => new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1] ?? '';
  // Of the private exponent, which the public key does not have.
  const rsa = Buffer.from(value('rsa'), 'base64');
  planted.push({ name: 'rsa', bytes: rsa.subarray(400, 464) });
  planted.push({ name: 'curve', bytes: Buffer.from(value('curve-secret')) });
  planted.push({ name: 'master', bytes: Buffer.from(value('master'), 'hex') });
  for (const [, hex = ''] of text.matchAll(/^sealing \d+ (\w+)$/gm)) {
    planted.push({ name: 'sealing', bytes: Buffer.from(hex, 'hex') });
  }
  assert.deepEqual(
    planted.map(({ name, bytes }) => `${name} ${bytes.length}`),
    ['rsa 64', 'curve 40', 'master 32', 'sealing 32', 'sealing 32'],
  );
  return planted;
}

function pemOf({ userId, key }: Person): Planted {
  const [, , line = ''] = key.split('\n');
  assert.equal(line.length, 64);
  return { name: `key of ${userId}`, bytes: Buffer.from(line) };
}
