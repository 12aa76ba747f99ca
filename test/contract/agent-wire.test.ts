import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatHttpDate, seal } from '@pushy/protocol';
import { systemClock, type Clock } from '../../client/src/clock.ts';
import { startAgent, type AgentUnderTest } from '../helpers/agent-under-test.ts';
import {
  startScriptedServer,
  type ScriptedServer,
  type ScriptedServerOptions,
} from '../helpers/scripted-server.ts';
import { isFree } from '../helpers/is-free.ts';
import { makeTempDir } from '../helpers/temp-dir.ts';

const A = 'a'.repeat(32);
const B = 'b'.repeat(32);

describe('the agent on the wire (REFERENCE 15, 16)', function () {
  this.timeout(30_000);
  let dir: string;
  let removeDir: () => Promise<void>;
  let server: ScriptedServer;
  let agent: AgentUnderTest | undefined;

  beforeEach(async () => {
    [dir, removeDir] = await makeTempDir();
  });
  afterEach(async () => {
    await agent?.stop();
    agent = undefined;
    await server.close();
    await removeDir();
  });

  const whitelist = [
    "'echo' => 'echo out; echo err >&2'",
    "'fail' => 'exit 3'",
    "'env' => 'env'",
    '\'cat\' => \'cat "$CHEF_PUSH_JOB_FILE"; echo " $CHEF_PUSH_JOB_FILE"\'',
    "'wait' => 'echo ready > ready; sleep 100'",
    "'stubborn' => 'trap \"\" TERM; echo ready > ready; while :; do sleep 1; done'",
    "'much' => 'head -c 1000000 /dev/zero | tr \"\\\\0\" x'",
    "'long' => 'until [ -e go ]; do sleep 0.05; done'",
    "/^say (\\w+)$/ => 'echo \\1'",
  ];

  async function start(
    options: ScriptedServerOptions = {},
    lines: string[] = [],
    entries: string[] = [],
    clock: Clock = systemClock,
  ): Promise<void> {
    server = await startScriptedServer(options);
    const all = [...whitelist, ...entries].join(', ');
    agent = await startAgent(server, dir, [`whitelist({ ${all} })`, ...lines], clock);
  }

  /** A node that is available, as the server would have made it. */
  async function startAvailable(...args: Parameters<typeof start>): Promise<void> {
    await start(...args);
    await server.welcome();
  }

  async function commit(jobId: string, command: string, more: object = {}) {
    await server.send({
      type: 'commit',
      job_id: jobId,
      server: 'x',
      command,
      capture: false,
      ...more,
    });
    return server.next('ack_commit', 'nack_commit');
  }

  async function run(jobId: string) {
    await server.send({ type: 'run', job_id: jobId });
    return server.next('ack_run', 'nack_run');
  }

  /** Commits, runs and gives what came at the end. */
  async function runJob(command: string, more: object = {}) {
    assert.equal((await commit(A, command, more)).body['type'], 'ack_commit');
    assert.equal((await run(A)).body['type'], 'ack_run');
    return (await server.next('succeeded', 'failed')).body;
  }

  const stateOf = async (wanted: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const { body } = await server.next('heartbeat');
      if (body['job_state'] === wanted) return body;
    }
  };
  const exists = (name: string) => {
    try {
      return readFileSync(join(dir, name)).length >= 0;
    } catch {
      return false;
    }
  };
  async function waitForFile(name: string): Promise<void> {
    while (!exists(name)) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  describe('configuration', () => {
    it('8.2 asks with a signed request, its CURVE key percent-encoded, and version=2.0', async () => {
      await start();
      const { url, headers, isSigned } = await server.request(1);
      assert.equal(url.pathname, '/organizations/acme/pushy/config/web01');
      assert.equal(url.searchParams.get('ccpk')?.length, 40);
      assert.equal(url.searchParams.get('version'), '2.0');
      assert.equal(isSigned, true);
      assert.equal(headers.accept, 'application/json');
      assert.match(String(headers['x-ops-sign']), /version=1\.1/);
      assert.equal(headers['x-ops-server-api-version'], '1');
    });

    it('Decision 9 goes on asking until the server answers, and says what is wrong and what to do', async () => {
      server = await startScriptedServer();
      const answers = [
        (r: ServerResponse) => r.destroy(),
        (r: ServerResponse) => r.writeHead(401).end('{"error":["no"]}'),
        (r: ServerResponse) => r.writeHead(502).end('bad gateway'),
        (r: ServerResponse) => r.end('{"type":"config"}'),
        (r: ServerResponse) => r.end('no json'),
      ];
      server.state.answer = (response) => {
        answers[server.requests.length - 1]?.(response);
        if (server.requests.length === answers.length) server.state.answer = undefined;
      };
      agent = await startAgent(server, dir);
      await server.next('heartbeat');
      const log = agent.lines.join('');
      for (const sentence of [
        /socket hang up/,
        /status 401.*client_key/,
        /status 502/,
        /not the configuration/,
      ]) {
        assert.match(log, sentence);
      }
      assert.equal(server.requests.length, 6);
    });

    it('does not speak without encryption to a server that offers none', async () => {
      await start({ curve: false });
      await server.request(2);
      assert.match(agent?.lines.join('') ?? '', /offers no encryption.*allow_unencrypted/);
      assert.deepEqual(server.said, []);
    });

    it('speaks without encryption where allow_unencrypted is set and no key is offered', async () => {
      await startAvailable({ curve: false }, ['allow_unencrypted true']);
      assert.equal((await runJob('echo'))['type'], 'succeeded');
    });

    it('encrypts where a key is offered, whatever allow_unencrypted says', async () => {
      await startAvailable({}, ['allow_unencrypted true']);
      assert.match(agent?.lines.join('') ?? '', /isEncrypted=true/);
    });

    it('asks again when its lifetime ends', async () => {
      await start({ lifetime: 1 });
      await server.request(2);
    });

    it('asks again when it is told to (USR1), once no job is active', async () => {
      await startAvailable();
      assert.equal((await commit(A, 'long', { dir })).body['type'], 'ack_commit');
      await run(A);
      agent?.reconfigure();
      await stateOf('running');
      await stateOf('running');
      assert.equal(server.requests.length, 1);
      execFileSync('touch', [join(dir, 'go')]);
      assert.equal((await server.next('succeeded')).body['job_id'], A);
      await server.request(2);
    });
  });

  describe('heartbeats', () => {
    it('15.6 have these members in this order, and a signature of this form', async () => {
      await start();
      const first = await server.next('heartbeat');
      assert.deepEqual(Object.keys(JSON.parse(first.text) as object), [
        'node',
        'client',
        'protocol_version',
        'org',
        'type',
        'sequence',
        'timestamp',
        'incarnation_id',
        'job_state',
        'job_id',
      ]);
      assert.match(
        first.header,
        /^Version:2\.0;SigningMethod:hmac_sha256;Signature:[A-Za-z0-9+/]{43}=$/,
      );
      const { sequence, timestamp, incarnation_id, ...rest } = first.body;
      assert.equal(sequence, 1);
      assert.match(String(timestamp), /^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/);
      assert.match(String(incarnation_id), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/);
      assert.deepEqual(rest, {
        node: 'web01',
        client: 'host',
        protocol_version: '2.0',
        org: 'acme',
        type: 'heartbeat',
        job_state: 'idle',
        job_id: null,
      });
    });

    it('come at once, then one per interval, numbered', async () => {
      await start({ interval: 0.2 });
      const sequences: unknown[] = [];
      const began = performance.now();
      for (let i = 0; i < 5; i++) sequences.push((await server.next('heartbeat')).body['sequence']);
      assert.deepEqual(sequences, [1, 2, 3, 4, 5]);
      assert.ok(performance.now() - began >= 600);
    });

    it('say what the agent does', async () => {
      await startAvailable();
      await commit(A, 'wait', { dir });
      assert.equal((await stateOf('committed'))['job_id'], A);
      await run(A);
      assert.equal((await stateOf('running'))['job_id'], A);
      await server.send({ type: 'abort' });
      await server.next('aborted');
      assert.equal((await stateOf('idle'))['job_id'], null);
    });
  });

  describe('commit', () => {
    beforeEach(() => startAvailable());

    it('is acknowledged when the command is in the whitelist, by name or by pattern', async () => {
      const { body, text } = await commit(A, 'echo');
      assert.equal(body['type'], 'ack_commit');
      assert.equal(body['job_id'], A);
      assert.equal(Object.keys(JSON.parse(text) as object).at(-1), 'job_id');
      await server.send({ type: 'abort' });
      await server.next('aborted');
      assert.equal((await commit(B, 'say hello')).body['type'], 'ack_commit');
    });

    const refusals: [string, string, object, RegExp][] = [
      ['a command that is not in the whitelist', 'rm -rf /', {}, /not in the whitelist/],
      [
        'S10 a command that only contains a whitelisted one',
        'echo; say hello',
        {},
        /not in the whitelist/,
      ],
      ['a user who does not exist', 'echo', { user: 'nobody-at-all' }, /no user nobody-at-all/],
      ['a directory that does not exist', 'echo', { dir: '/does/not/exist' }, /no directory/],
      ['a directory that is a file', 'echo', { dir: '/etc/passwd' }, /no directory/],
      ['a file without raw: or base64:', 'echo', { file: 'hello' }, /raw: nor with base64:/],
      ['an environment with a NUL', 'echo', { env: { A: 'a\0b' } }, /NUL/],
      ['an environment that is not one', 'echo', { env: { A: 1 } }, /wrong type/],
    ];
    for (const [what, command, more, reason] of refusals) {
      it(`is refused, with the reason, for ${what}`, async () => {
        const { body } = await commit(A, command, more);
        assert.equal(body['type'], 'nack_commit');
        assert.equal(body['job_id'], A);
        assert.match(String(body['reason']), reason);
        assert.equal((await commit(B, 'echo')).body['type'], 'ack_commit');
      });
    }

    it('is refused without job_id or command, with job_id null', async () => {
      for (const members of [{ command: 'echo' }, { job_id: A }, {}]) {
        await server.send({ type: 'commit', capture: false, ...members });
        const { body } = await server.next('ack_commit', 'nack_commit');
        assert.deepEqual([body['type'], body['job_id']], ['nack_commit', null]);
      }
    });

    it('A4 is refused while another job is committed or runs, which keeps its own options', async () => {
      await commit(A, 'env', { env: { WHOSE: 'first' }, capture: true });
      const second = await commit(B, 'env', { env: { WHOSE: 'second' }, capture: false });
      assert.deepEqual([second.body['type'], second.body['job_id']], ['nack_commit', B]);
      await run(A);
      const { body } = await server.next('succeeded', 'failed');
      assert.match(String(body['stdout']), /^WHOSE=first$/m);
    });
  });

  describe('run', () => {
    beforeEach(() => startAvailable());

    it('is refused, with its own job id, when that job is not committed', async () => {
      assert.deepEqual((await run(B)).body['job_id'], B);
      await commit(A, 'wait', { dir });
      const other = await run(B);
      assert.deepEqual([other.body['type'], other.body['job_id']], ['nack_run', B]);
      await server.send({ type: 'run' });
      const none = await server.next('ack_run', 'nack_run');
      assert.deepEqual([none.body['type'], none.body['job_id']], ['nack_run', null]);
      assert.equal((await run(A)).body['type'], 'ack_run');
      const again = await run(A);
      assert.deepEqual([again.body['type'], again.body['job_id']], ['nack_run', A]);
      await server.send({ type: 'abort' });
      await server.next('aborted');
    });

    it('ends with succeeded or failed, without output when none is captured', async () => {
      const good = await runJob('echo');
      assert.equal(good['type'], 'succeeded');
      assert.equal('stdout' in good || 'stderr' in good, false);
      assert.equal((await runJob('fail'))['type'], 'failed');
    });

    it('carries both streams, after the job id, when they are captured', async () => {
      const body = await runJob('echo', { capture: true });
      assert.deepEqual(Object.keys(body).slice(-3), ['job_id', 'stdout', 'stderr']);
      assert.deepEqual([body['stdout'], body['stderr']], ['out\n', 'err\n']);
      const failed = await runJob('fail', { capture: true });
      assert.deepEqual([failed['stdout'], failed['stderr']], ['', '']);
    });

    it('A7 sends output that is too much with head and tail, and says what was cut', async () => {
      const body = await runJob('much', { capture: true });
      assert.equal(body['type'], 'succeeded');
      assert.match(String(body['stdout']), /^x+\n\[9\d{5} bytes cut here.*\]\nx+$/);
      assert.ok(Buffer.byteLength(JSON.stringify(body)) <= server.state.maxBodySize);
    });

    it('A7 says once in its log that output was cut, with what is kept and the setting', async () => {
      server.state.capabilities = ['result_ack'];
      agent?.reconfigure();
      await server.request(2);
      server.said.length = 0;
      await server.welcome();
      const { stdout, stderr } = await runJob('much', { capture: true });
      // No acknowledgement comes: it is sent again.
      assert.equal((await server.next('succeeded')).body['stdout'], stdout);
      const lines = agent?.lines ?? [];
      const said = lines.filter((line) => line.includes('output of a run was cut'));
      const kept = JSON.stringify(stdout).length + JSON.stringify(stderr).length - 4;
      assert.equal(said.length, 1);
      assert.match(
        said[0] ?? '',
        new RegExp(`^WARN: .* jobId=${A} keptBytes=${kept} limit=\\d+ max_body_size=63000\n$`),
      );
    });

    it('A9 has the environment of the job and its own', async () => {
      const body = await runJob('env', {
        capture: true,
        env: { A: 'x y', CHEF_PUSH_NODE_NAME: 'no' },
      });
      const lines = String(body['stdout']).split('\n');
      for (const line of ['A=x y', 'CHEF_PUSH_NODE_NAME=web01', `CHEF_PUSH_JOB_ID=${A}`]) {
        assert.ok(lines.includes(line), line);
      }
    });

    it('has its file, by a path in file_dir, until it ends', async () => {
      const body = await runJob('cat', { capture: true, file: 'base64:aGVsbG8=' });
      const [text, path] = String(body['stdout']).trim().split(' ');
      assert.equal(text, 'hello');
      assert.match(path ?? '', /\/files\/pushy_file/);
      await commit(B, 'echo');
      assert.equal(exists(path?.slice(dir.length) ?? ''), false);
    });

    it('runs as another user, who can read the file', async () => {
      execFileSync('chmod', ['711', dir]);
      const body = await runJob('cat', { capture: true, file: 'raw:for you', user: 'daemon' });
      assert.match(String(body['stdout']), /^for you /);
    });
  });

  it('renames what allowed_overwritable_env_vars does not name', async () => {
    await startAvailable({}, ["allowed_overwritable_env_vars ['A']"]);
    const body = await runJob('env', { capture: true, env: { A: '1', B: '2' } });
    assert.match(String(body['stdout']), /^A=1$/m);
    assert.match(String(body['stdout']), /^CHEF_PUSH_ENV_B=2$/m);
  });

  describe('abort', () => {
    beforeEach(() => startAvailable());

    it('is answered with null when there is no job', async () => {
      await server.send({ type: 'abort' });
      const { body, text } = await server.next('aborted');
      assert.equal(body['job_id'], null);
      assert.match(text, /"job_id":null\}$/);
    });

    it('drops a committed job', async () => {
      await commit(A, 'echo');
      await server.send({ type: 'abort' });
      assert.equal((await server.next('aborted')).body['job_id'], A);
      assert.equal((await run(A)).body['type'], 'nack_run');
    });

    it('A5 stops a run and everything that it started, and is answered once', async () => {
      await commit(A, 'wait', { dir });
      await run(A);
      await waitForFile('ready');
      await server.send({ type: 'abort' });
      await server.send({ type: 'abort' });
      assert.equal((await server.next('aborted')).body['job_id'], A);
      await server.next('heartbeat');
      assert.deepEqual(
        server.said.filter(({ body }) => body['type'] !== 'heartbeat'),
        [],
      );
    });

    it('says what the run had written to a server that keeps it, and to no other', async () => {
      const entries = ["'report' => 'echo out; echo err >&2; echo ready > ready; sleep 100'"];
      for (const [job, keeps, capture] of [
        [A, true, true],
        [B, true, false],
        [randomUUID().replaceAll('-', ''), false, true],
      ] as const) {
        await agent?.stop();
        await server.close();
        await start({}, [], entries);
        server.state.capabilities = keeps ? ['stopped_output'] : [];
        await server.welcome();
        await commit(job, 'report', { dir, capture });
        await run(job);
        await waitForFile('ready');
        rmSync(join(dir, 'ready'));
        await server.send({ type: 'abort' });
        const { body, text } = await server.next('aborted');
        assert.equal(body['job_id'], job);
        const output = keeps && capture ? ['out\n', 'err\n'] : [undefined, undefined];
        assert.deepEqual([body['stdout'], body['stderr']], output, text);
      }
    });

    it('A5 stops a run that ignores TERM within grace + 1 s, while heartbeats go on', async () => {
      await commit(A, 'stubborn', { dir });
      await run(A);
      await waitForFile('ready');
      server.said.length = 0;
      const began = performance.now();
      await server.send({ type: 'abort' });
      assert.equal((await server.next('aborted')).body['job_id'], A);
      const took = performance.now() - began;
      assert.ok(took > 2900, `${took} ms`);
      const beats = server.said.filter(({ body }) => body['type'] === 'heartbeat').length;
      assert.ok(beats >= 10, `${beats} heartbeats in ${took} ms`);
    });
  });

  describe('run_timeout', () => {
    /** The time of a job of an hour is up at once. */
    const hurried: Clock = {
      ...systemClock,
      after: (ms, action) => systemClock.after(ms === 3_610_000 ? 300 : ms, action),
    };

    it('J8 ends the run that the server does not end; running, it waits for the word of the server', async () => {
      await startAvailable({ interval: 0.2 }, [], [], hurried);
      await commit(A, 'long', { dir, run_timeout: 3600 });
      await run(A);
      await agent?.logged(/the time of the run was up/);
      assert.equal((await stateOf('running'))['job_id'], A);
      await server.send({ type: 'abort' });
      assert.equal((await server.next('aborted', 'failed')).body['job_id'], A);
      assert.equal((await commit(B, 'echo')).body['type'], 'ack_commit');
    });

    it('J8 changes nothing for a run that ends in time, or one without it', async () => {
      await startAvailable({}, [], [], hurried);
      assert.equal((await runJob('echo', { run_timeout: 3600 }))['type'], 'succeeded');
      assert.equal((await commit(B, 'fail')).body['type'], 'ack_commit');
    });
  });

  describe('lock (A1–A3)', () => {
    let lock: string;
    beforeEach(() => {
      lock = join(dir, 'lock');
      return startAvailable(
        {},
        [`lockfile '${lock}'`],
        [
          "'locked' => { :command_line => 'until [ -e go ]; do sleep 0.05; done', :lock => true }",
          "'nowhere' => { 'command_line' => 'true', 'lock' => '/proc/no/lock' }",
        ],
      );
    });
    it('A1 is held from commit to the end, and answers', async () => {
      assert.equal((await commit(A, 'locked', { dir })).body['type'], 'ack_commit');
      assert.equal(isFree(lock), false);
      await run(A);
      assert.equal(isFree(lock), false);
      execFileSync('touch', [join(dir, 'go')]);
      await server.next('succeeded');
      assert.equal((await commit(B, 'locked')).body['type'], 'ack_commit');
    });

    it('A2 is free again after an abort', async () => {
      await commit(A, 'locked');
      await server.send({ type: 'abort' });
      await server.next('aborted');
      assert.equal((await commit(B, 'locked')).body['type'], 'ack_commit');
    });

    it('A3 refuses the commit while somebody else has it, and where it cannot be taken', async () => {
      const nowhere = await commit(A, 'nowhere');
      assert.match(String(nowhere.body['reason']), /cannot take the lock/);
      execFileSync('touch', [lock]);
      const holder = spawn('flock', [lock, 'sh', '-c', 'echo; exec cat'], {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      await new Promise((resolve) => holder.stdout.once('data', resolve));
      const held = await commit(A, 'locked');
      assert.match(String(held.body['reason']), /held by another process/);
      holder.stdin.end();
      await new Promise((resolve) => holder.once('exit', resolve));
    });
  });

  describe('the server', () => {
    it('is given up for offline without broadcasts: heartbeats stop; they come back with it', async () => {
      await startAvailable({ interval: 0.1 });
      server.stopBroadcast();
      await agent?.logged(/no broadcast of the server/);
      const beats = (): number =>
        server.said.filter(({ body }) => body['type'] === 'heartbeat').length;
      const before = beats();
      // Ten intervals later.
      await sleep(1000);
      assert.ok(beats() <= before + 1, `${beats() - before} heartbeats`);
      server.startBroadcast();
      server.said.length = 0;
      await server.welcome();
      await agent?.logged(/the node is available/);
    });

    it('with another incarnation makes the agent ask for its configuration', async () => {
      await startAvailable();
      server.state.incarnation = randomUUID();
      await server.request(2);
      await server.next('heartbeat');
      assert.equal(server.requests.length, 2);
    });

    it('A11 that says nothing on the command channel makes the agent ask again within about 3 s', async () => {
      await start();
      await server.next('heartbeat');
      const began = performance.now();
      await server.request(2);
      const took = performance.now() - began;
      assert.ok(took > 2500, `${took} ms`);
    });

    it('Z5 that says nothing after a reconnect makes the agent ask again', async () => {
      await startAvailable();
      server.closeSockets();
      await server.openSockets();
      await server.next('heartbeat');
      await server.request(2);
      assert.match(agent?.lines.join('') ?? '', /says nothing on the command channel/);
    });

    it('that greets the node after a restart keeps it without a new configuration', async () => {
      await startAvailable({ interval: 1 });
      server.closeSockets();
      server.said.length = 0;
      await server.openSockets();
      await server.next('heartbeat');
      await server.send({ type: 'ack' });
      const answer = await commit(A, 'echo');
      assert.equal(answer.body['type'], 'ack_commit');
      assert.equal(server.requests.length, 1);
    });

    it('keeps what could not be sent: a result that comes while the server is away arrives later', async () => {
      await startAvailable();
      await commit(A, 'long', { dir });
      await run(A);
      server.closeSockets();
      server.said.length = 0;
      execFileSync('touch', [join(dir, 'go')]);
      await agent?.logged(/run ended/);
      await server.openSockets();
      assert.equal((await server.next('succeeded')).body['job_id'], A);
    });
  });

  describe('hostile frames change nothing', () => {
    // Made while no broadcast is due: it holds this process up.
    const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    beforeEach(() => startAvailable());
    const body = (members: object) => ({
      sequence: 100,
      timestamp: formatHttpDate(Date.now()),
      ...members,
    });
    const abort = body({ type: 'abort' });
    const commitBody = { type: 'commit', job_id: A, command: 'echo', capture: false };

    it('S11 of any shape, signed by another key, too old, too new, repeated', async () => {
      await commit(A, 'echo');
      const key = { hmac_sha256: server.state.sessionKey };
      const [header, bytes] = seal(abort, key);
      const hours = 3_600_000;
      const frames: Buffer[][] = [
        [],
        [header],
        [header, bytes, bytes],
        [Buffer.alloc(0), Buffer.alloc(0)],
        [randomBytes(100), randomBytes(100)],
        [Buffer.alloc(3000, 'x'), bytes],
        [header, Buffer.from('{}')],
        [...seal('no json', key)],
        [...seal('[]', key)],
        [...seal('null', key)],
        [...seal(abort, { hmac_sha256: randomBytes(32) })],
        [...seal(abort, { rsa2048_sha1: server.serverPrivateKey })],
        [...seal({ ...abort, timestamp: 'yesterday' }, key)],
        // S11: too old is as bad as too new.
        [...seal({ ...abort, timestamp: formatHttpDate(Date.now() - hours) }, key)],
        [...seal({ ...abort, timestamp: formatHttpDate(Date.now() + hours) }, key)],
        // Z4: the first message of this connection, again.
        [...seal({ ...abort, sequence: 1, timestamp: formatHttpDate(Date.now() - 2000) }, key)],
        [...seal({ ...abort, sequence: 'x' }, key)],
      ];
      for (const frame of frames) await server.sendFrames(frame);
      // Signed and of no meaning.
      for (const odd of [{ type: 'dance' }, {}, { type: 7 }, { type: 'heartbeat' }])
        await server.send(odd);
      assert.equal((await run(A)).body['type'], 'ack_run');
    });

    it('Z4 repeated word for word', async () => {
      const frames = await server.send(commitBody);
      await server.next('ack_commit');
      await server.sendFrames(frames);
      await server.sendFrames(frames);
      await server.send({ type: 'abort' });
      await server.next('aborted');
      assert.deepEqual(
        server.said.filter(({ body: { type } }) => type !== 'heartbeat'),
        [],
      );
    });

    it('on the broadcast', async () => {
      const beat = body({ server: 'x', type: 'heartbeat', incarnation_id: randomUUID() });
      await server.publish([...seal(beat, { rsa2048_sha1: foreign })]);
      await server.publish([...seal(beat, { hmac_sha256: server.state.sessionKey })]);
      await server.publish([randomBytes(10)]);
      await server.publish([
        ...seal(body({ type: 'heartbeat' }), { rsa2048_sha1: server.serverPrivateKey }),
      ]);
      await server.next('heartbeat');
      await server.next('heartbeat');
      await server.next('heartbeat');
      assert.equal(server.requests.length, 1);
    });
  });

  it('comes through a server that is not there at first', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as AddressInfo;
    server = await startScriptedServer();
    agent = await startAgent(
      { ...server, url: `http://127.0.0.1:${port}/organizations/acme` },
      dir,
    );
    blocker.on('connection', (socket) => socket.destroy());
    await agent.logged(/no configuration from the server/);
    await new Promise((resolve) => blocker.close(resolve));
  });
});
