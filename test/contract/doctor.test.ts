import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { curveKeyPair } from 'zeromq';
import {
  AgentError,
  examine,
  exitCode,
  httpGet,
  lookUp,
  makeLink,
  renderJson,
  renderText,
  tryConnect,
  type DoctorPorts,
} from '@pushy/client';
import { keepNote, readNote } from '../../client/src/agent-note.ts';
import { systemClock } from '../../client/src/clock.ts';
import { CAUSES, type CauseName } from '../../client/src/doctor/causes.ts';
import { makeLog } from '../../client/src/log.ts';
import { beAlone, findAgent } from '../../client/src/process/alone.ts';
import { findAgents, type NodeLockPlace } from '../../client/src/process/node-lock.ts';
import { readSettings, startAgent } from '../helpers/agent-under-test.ts';
import { newCertificate } from '../helpers/certificate.ts';
import { freePort } from '../helpers/free-port.ts';
import { startScriptedServer, type ScriptedServer } from '../helpers/scripted-server.ts';
import { makeTempDir } from '../helpers/temp-dir.ts';

/** What is wrong, made in the world of the doctor. */
interface Injection {
  readonly curve?: boolean;
  readonly lines?: (dir: string) => string[];
  readonly answer?: (response: ServerResponse) => void;
  readonly ports?: (ports: DoctorPorts) => Partial<DoctorPorts>;
  readonly before?: () => unknown;
}

describe('pushy-client doctor', function () {
  this.timeout(30_000);
  let dir: string;
  let removeDir: () => Promise<void>;
  let server: ScriptedServer;
  let isAgentThere: boolean;
  const ends: (() => unknown)[] = [];
  const after = (ms: number, action: () => void) => systemClock.after(ms, action);

  beforeEach(async () => {
    [dir, removeDir] = await makeTempDir();
    isAgentThere = true;
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
    await server.close();
    await removeDir();
  });

  async function setUp({ curve = true, lines = () => [], ports = () => ({}) }: Injection) {
    server = await startScriptedServer({ curve });
    const own: DoctorPorts = {
      clock: systemClock,
      loadSettings: () => readSettings(server, dir, lines(dir)),
      get: httpGet,
      lookUp,
      connect: tryConnect,
      link: () =>
        makeLink({ log: { warn: () => undefined }, clock: systemClock, random: Math.random }),
      findAgent: (settings) => findAgent(settings, place(), after),
      readNote,
      findByFile: async () => {
        const [agent] = await findAgents(place(), after);
        return agent && readNote(agent.stateDir, agent.pid);
      },
    };
    return { ...own, ...ports(own) };
  }

  /** Where the agents of this host meet. */
  const place = (): NodeLockPlace => ({
    kind: 'directory',
    path: join(dir, 'run'),
    ownUid: process.getuid?.() ?? 0,
  });
  const failing = (code: string) => Object.assign(new Error(`it failed: ${code}`), { code });
  const status = (code: number) => ({
    answer: (response: ServerResponse) => response.writeHead(code).end('{"error":["no"]}'),
  });
  /** The same answer with another value. */
  const changed = (name: string, value: string): Injection => ({
    ports: (own) => ({
      get: async (request) => {
        const answer = await own.get(request);
        const body = JSON.parse(answer.body) as object;
        return { ...answer, body: JSON.stringify({ ...body, [name]: value }) };
      },
    }),
  });
  const spki = () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return publicKey.export({ type: 'spki', format: 'pem' }).toString();
  };
  const tls = (lines: (port: number, cert: string) => string[]): Injection => {
    let port = 0;
    let cert = '';
    return {
      before: async () => {
        const made = newCertificate('localhost');
        cert = join(dir, 'ca.pem');
        writeFileSync(cert, made.cert);
        const secure: Server = createServer(made, (_request, response) => response.end());
        await new Promise<void>((resolve) => secure.listen(0, resolve));
        ({ port } = secure.address() as AddressInfo);
        ends.push(() => new Promise((resolve) => secure.close(resolve)));
      },
      lines: () => lines(port, cert),
    };
  };

  const injections: Record<CauseName, Injection> = {
    config_missing: {
      ports: () => ({
        loadSettings: () => Promise.reject(new AgentError('no_config', 'there is no file')),
      }),
    },
    config_wrong: { lines: () => ["chef_server_url 'chef'"] },
    key_unreadable: { lines: () => ["client_key '/does/not/exist'"] },
    trust_wrong: { lines: () => ["ssl_ca_file '/does/not/exist'"] },
    name_unknown: { ports: () => ({ lookUp: () => Promise.reject(failing('ENOTFOUND')) }) },
    resolver_silent: { ports: () => ({ lookUp: () => Promise.reject(failing('EAI_AGAIN')) }) },
    api_refused: {
      ports: (own) => ({
        loadSettings: async () => {
          const url = `http://127.0.0.1:${await freePort()}/organizations/acme`;
          return readSettings({ ...server, url }, dir);
        },
        get: own.get,
      }),
    },
    api_unreachable: { ports: () => ({ connect: () => new Promise(() => undefined) }) },
    api_cut: { answer: (response) => response.destroy() },
    proxy_failed: status(407),
    certificate_untrusted: tls((port) => [
      `chef_server_url 'https://127.0.0.1:${port}/organizations/acme'`,
    ]),
    certificate_name: tls((port, cert) => [
      `chef_server_url 'https://127.0.0.2:${port}/organizations/acme'`,
      `ssl_ca_file '${cert}'`,
    ]),
    // It cuts a plain request without a word, as many do.
    scheme_wrong: tls((port) => [`chef_server_url 'http://127.0.0.1:${port}/organizations/acme'`]),
    clock_skew: {
      ports: () => ({ clock: { ...systemClock, now: () => systemClock.now() + 3_600_000 } }),
    },
    key_refused: status(401),
    client_refused: status(403),
    request_refused: status(400),
    no_push_server: status(404),
    push_server_down: status(502),
    push_server_busy: status(503),
    server_error: status(500),
    answer_unreadable: { answer: (response) => response.end('no json') },
    no_encryption: { curve: false },
    key_outdated: {
      lines: (at) => {
        const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
        const other = join(at, 'other.pem');
        writeFileSync(other, privateKey.export({ type: 'pkcs1', format: 'pem' }));
        return [`client_key '${other}'`];
      },
    },
    push_name_unknown: {
      ports: (own) => {
        let asked = 0;
        return {
          lookUp: (host) =>
            asked++ === 0 ? own.lookUp(host) : Promise.reject(failing('ENOTFOUND')),
        };
      },
    },
    heartbeat_port_closed: {
      before: () => {
        server.closeSockets();
      },
    },
    command_port_closed: {
      ports: (own) => {
        let tried = 0;
        return {
          connect: async (host, port, signal) => {
            const isThird = ++tried === 3;
            await own.connect(host, isThird ? await freePort() : port, signal);
          },
        };
      },
    },
    curve_denied: {
      before: () => {
        server.state.isAdmitting = false;
      },
    },
    curve_failed: changed('curve_public_key', curveKeyPair().publicKey),
    heartbeat_missing: {
      before: () => {
        server.stopBroadcast();
      },
    },
    heartbeat_foreign: changed('public_key', spki()),
    agent_not_running: {
      before: () => {
        isAgentThere = false;
        server.state.availability = 'unavailable';
      },
    },
    // Of a Ruby agent, and of one with another state_dir, the server knows alone.
    agent_elsewhere: {
      before: () => {
        isAgentThere = false;
      },
    },
    restart_would_fail: {
      before: () => keepNoteOf(true),
      ports: () => ({ lookUp: () => Promise.reject(failing('ENOTFOUND')) }),
    },
    node_unavailable: {
      before: () => {
        server.state.availability = 'unavailable';
      },
    },
    whitelist_misnamed: {
      before: () => keepNoteOf(true),
      lines: () => ["whitelst({ 'a' => '1' })"],
    },
  };
  const harmless = ['agent_elsewhere', 'restart_would_fail', 'whitelist_misnamed'];

  for (const [cause, injection] of Object.entries(injections)) {
    it(`${cause} has its own sentence and exit code`, async () => {
      const ports = await setUp(injection);
      await injection.before?.();
      server.state.answer = injection.answer;
      if (isAgentThere) await hold();
      const report = await examine(ports);
      const { exitCode: code, sentence } = CAUSES[cause as CauseName];
      const json = JSON.parse(renderJson(report)) as Record<string, unknown>;
      assert.deepEqual([json['cause'], json['exit_code']], [cause, code], renderText(report));
      const isAvailable = harmless.includes(cause);
      assert.deepEqual([json['available'], json['sentence']], [isAvailable, sentence]);
      assert.equal(exitCode(report), code);
      const opinion = `This node is ${isAvailable ? '' : 'not '}available: ${sentence}`;
      assert.ok(renderText(report).includes(opinion), renderText(report));
    });
  }

  it('says how far the clocks are apart from where a Date, of whole seconds, can tell', async () => {
    const own = await setUp({});
    const date = Date.parse('2026-01-01T00:00:00Z');
    for (const [aheadMs, said] of [
      [1499, "within a second of the server's"],
      [-1499, "within a second of the server's"],
      [1500, '2 s ahead of the server'],
      [-4000, '4 s behind the server'],
    ] as const) {
      const { checks } = await examine({
        ...own,
        clock: { ...systemClock, now: () => date + aheadMs },
        get: () => Promise.resolve({ status: 500, body: '', date: new Date(date).toUTCString() }),
      });
      assert.equal(checks.find(({ check }) => check === 'clock')?.detail, said);
    }
  });

  it('says of a misspelt whitelist what is meant, where, and that an agent keeps its old one; other causes come first', async () => {
    const ports = await setUp({ lines: () => ["whitelst({ 'a' => '1' })"] });
    await hold();
    const { checks } = await examine(ports);
    const row = checks.find(({ check }) => check === 'whitelist');
    const file = join(dir, 'push-jobs-client.rb');
    assert.equal(
      row?.detail,
      `commands: chef-client; patterns: 0 (the default: ${file}:6: the setting whitelst has no effect: is whitelist meant?); an agent that had another list when the file was changed keeps it until it ends`,
    );
    assert.equal(row.status, 'failed');
    server.state.availability = 'unavailable';
    assert.equal(exitCode(await examine(ports)), CAUSES.node_unavailable.exitCode);
  });

  /** As if an agent ran. */
  async function hold(stateDir = join(dir, 'state')): Promise<void> {
    const agent = { serverUrl: server.url, nodeName: server.node, stateDir };
    ends.push((await beAlone(agent, place(), after)).release);
  }

  it('says that the server hears nobody of this name', async () => {
    const ports = await setUp({});
    server.state.availability = 'unavailable';
    const said = (await examine(ports)).checks.find(({ check }) => check === 'server');
    assert.equal(
      said?.detail,
      'calls the node unavailable: it hears no agent of a node of this name',
    );
  });

  /** As if that agent heard its server, or not. */
  async function keepNoteOf(isOnline: boolean): Promise<void> {
    const end = new AbortController();
    const { pid } = process;
    const [stateDir, config] = [join(dir, 'state'), join(dir, 'push-jobs-client.rb')];
    const note = { pid, node: server.node, server: server.url, config };
    const log = makeLog({ level: 'fatal', showTime: false, now: () => 0, write: () => undefined });
    const keeping = { clock: systemClock, log, stateDir, note, isOnline: () => isOnline };
    const kept = keepNote(keeping, end.signal);
    end.abort();
    await kept;
  }

  for (const [what, spoil] of [
    ['a broken file', () => Promise.reject(new AgentError('bad_config', 'client.rb:7: broken'))],
    ['no file any more', () => Promise.reject(new AgentError('no_config', 'there is none'))],
  ] as const)
    it(`says of ${what} beside an agent that is connected that a restart would fail`, async () => {
      const ports = { ...(await setUp({})), loadSettings: spoil };
      await hold();
      const causes = { 'a broken file': 'config_wrong', 'no file any more': 'config_missing' };
      for (const isOnline of [true, false]) {
        await keepNoteOf(isOnline);
        const report = await examine(ports);
        const json = JSON.parse(renderJson(report)) as Record<string, unknown>;
        const cause = isOnline ? 'restart_would_fail' : causes[what];
        assert.deepEqual([json['available'], json['cause']], [isOnline, cause]);
        assert.equal(json['restart_cause'], isOnline ? causes[what] : undefined);
        assert.equal(json['node'], server.node);
        const text = renderText(report);
        const said = isOnline ? 'hears its server since' : 'hears no server';
        assert.match(text, new RegExp(`ok +agent +runs as process ${process.pid}, ${said}`));
        if (isOnline)
          assert.match(text, /This node is available: The agent that runs is connected/);
      }
    });

  it('takes the word of the server before that of the agent', async () => {
    const ports = await setUp({});
    await hold();
    await keepNoteOf(true);
    server.state.availability = 'unavailable';
    server.stopBroadcast();
    const report = await examine(ports);
    assert.equal(exitCode(report), CAUSES.heartbeat_missing.exitCode, renderText(report));
  });

  it('names an agent of the node with another state_dir; the server says whether it is available', async () => {
    const ports = await setUp({});
    const elsewhere = join(dir, 'elsewhere');
    await hold(elsewhere);
    const runs = `runs as process ${process.pid}, with another state_dir: ${elsewhere}`;
    for (const [availability, code, status] of [
      ['available', CAUSES.agent_elsewhere.exitCode, 'failed'],
      ['unavailable', CAUSES.node_unavailable.exitCode, 'ok'],
    ] as const) {
      server.state.availability = availability;
      const report = await examine(ports);
      assert.equal(exitCode(report), code, renderText(report));
      const agent = report.checks.find(({ check }) => check === 'agent');
      assert.deepEqual([agent?.status, agent?.detail], [status, runs]);
    }
  });

  it('finds nothing beside an agent that runs, and leaves it alone', async () => {
    const ports = await setUp({});
    const agent = await startAgent(server, dir);
    ends.push(() => agent.stop());
    await hold();
    const { address } = await server.welcome();
    const first = await examine(ports);
    assert.equal(exitCode(first), 0, renderText(first));
    assert.ok(renderText(first).endsWith('\nThis node is available.\n'));
    assert.equal((await examine(ports)).checks.length, first.checks.length);
    assert.deepEqual(
      first.checks.map(({ check, status: is }) => `${is} ${check}`),
      [
        'ok configuration',
        'ok whitelist',
        'ok DNS',
        'ok TCP',
        'skipped TLS',
        'ok clock',
        'ok key',
        'ok push server',
        'ok heartbeat port',
        'ok command port',
        'ok CURVE',
        'ok heartbeat',
        'ok agent',
        'ok server',
      ],
    );
    // It has said nothing, and its key is the same at each look: a server keeps few of a node.
    server.said.length = 0;
    await server.next('heartbeat');
    assert.ok(server.said.every((said) => said.address.equals(address)));
    assert.deepEqual(server.dropped, []);
    const [ofAgent, ...ofDoctor] = server.requests.map(({ url }) => url.searchParams);
    assert.equal(new Set(ofDoctor.map((query) => query.get('ccpk'))).size, 1);
    assert.notEqual(ofDoctor[0]?.get('ccpk'), ofAgent?.get('ccpk'));
    // The node may have an old agent, of which the server must not believe what ours can do.
    assert.ok(ofDoctor.every((q) => q.has('look') && !q.has('capabilities')));
  });

  it('docs/doctor.md is the table of causes, each with a code of its own', async () => {
    server = await startScriptedServer();
    const text = readFileSync(new URL('../../docs/doctor.md', import.meta.url), 'utf8');
    const rows = [...text.matchAll(/^\| (\d+) \| `(\w+)` \| (.+) \|/gm)];
    const written = rows.map(([, code, cause, rest]) => [
      cause,
      { exitCode: Number(code), sentence: rest?.split(' | ')[0] },
    ]);
    assert.deepEqual(Object.fromEntries(written), CAUSES);
    const codes = Object.values(CAUSES).map(({ exitCode: code }) => code);
    assert.equal(new Set(codes).size, codes.length);
  });
});
