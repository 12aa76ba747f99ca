import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Signer } from 'mixlib-authentication-ts';
import { built } from '../helpers/built.ts';
import { fromSource } from '../helpers/from-source.ts';
import { sendSigned } from '../helpers/http.ts';
import type { Program } from '../helpers/program.ts';
import { runOk } from '../helpers/run.ts';
import { writeAgentConfig } from './harness/agent-config.ts';
import { timesOnline } from './harness/log-lines.ts';
import { makeNamespaces, type NamespaceHost } from './harness/namespaces.ts';
import { makeServerHome, startPushyServer, type PushyServer } from './harness/pushy-server.ts';
import { useScene } from './harness/scene.ts';
import { makeWatcher, type Watcher } from './harness/watcher.ts';

/** Milliseconds between two heartbeats: the documented default. */
const interval = 1000;
/** Decision 9. */
const bound = 5 * interval;
/** Milliseconds until the server must have noticed a loss, on a machine that is busy (REFERENCE 14: 7 intervals). */
const noticed = 15 * interval;
const serverName = 'push.test';

interface Disk {
  fill(): Promise<unknown>;
  free(): Promise<unknown>;
}

type Fault = { readonly begin: () => unknown; readonly end: () => unknown };

describe('a node that loses its server (Decision 9: back within five intervals)', () => {
  const scene = useScene('root', 'namespaces');
  const namespaces = makeNamespaces();
  let server: PushyServer;
  let watcher: Watcher;
  let signer: Signer;
  let keys: string;
  const hosts = new Map<string, NamespaceHost>();
  /** Home and configuration file of nodes. */
  const configured = new Map<string, { home: string; file: string }>();
  const host = (name: string): NamespaceHost => hosts.get(name) ?? assert.fail(`no host ${name}`);
  /** What stands between a node and the server, and can fail. */
  const proxies = new Map<string, Program>();
  let disk: Disk;
  const keyOf = (name: string): string => join(keys, `${name}.pem`);

  const faults: Record<string, Fault> = {
    'link down': {
      begin: () => host('link down').ip('link', 'set', 'CABLE', 'down'),
      end: () => host('link down').ip('link', 'set', 'CABLE', 'up'),
    },
    'blackhole route': {
      begin: () => host('blackhole route').ip('route', 'add', 'blackhole', blackholed()),
      end: () => host('blackhole route').ip('route', 'del', 'blackhole', blackholed()),
    },
    'half-open connections': {
      begin: () => toggle('half-open connections', 'stalled'),
      end: () => toggle('half-open connections', 'serving'),
    },
    'a half-open command channel': {
      begin: () => toggle('a half-open command channel', 'stalled'),
      end: () => toggle('a half-open command channel', 'serving'),
    },
    'a name that moves': {
      begin: () => host('a name that moves').dropSpare(),
      end: () => {
        host('a name that moves').nameIs(host('a name that moves').server);
      },
    },
  };
  const nameOf = (fault: string): string => fault.replaceAll(' ', '-');
  const blackholed = (): string => `${host('blackhole route').server}/32`;
  const toggle = async (fault: string, said: string): Promise<void> => {
    const proxy = proxies.get(fault) ?? assert.fail(`no proxy for ${fault}`);
    const heard = proxy.line(new RegExp(`${said} again`));
    proxy.signal('SIGUSR2');
    await heard;
  };
  /** What became of each: they happen at the same time. */
  const outcomes = new Map<string, Promise<number | Error>>();

  before('a server and nodes', async function () {
    this.timeout(90_000);
    const home = await makeServerHome(scene, {
      heartbeat_interval: interval,
      server_name_advertised: serverName,
      listen: '0.0.0.0',
    });
    server = await startPushyServer(scene, home);
    keys = await scene.subdir('keys');
    await server.ctl('org-add', 'acme');
    await server.ctl('user-add', 'acme', 'alice', '--admin', '--key', keyOf('alice'));
    for (const fault of [...Object.keys(faults), 'disk']) {
      await server.ctl('node-add', 'acme', nameOf(fault), '--key', keyOf(nameOf(fault)));
    }
    const url = `${server.url}/organizations/acme`;
    signer = { userId: 'alice', key: await readFile(keyOf('alice'), 'utf8') };
    watcher = await makeWatcher({ url, user: 'alice', key: keyOf('alice') });
    await Promise.all([...Object.keys(faults).map((fault) => startNode(fault)), startDisk()]);
    await watcher.available([...Object.keys(faults), 'disk'].map(nameOf));
  });
  before('the faults begin, and end', () => {
    for (const [name, fault] of Object.entries(faults)) outcomes.set(name, suffer(name, fault));
  });
  after('the namespaces are removed', () => namespaces.end());

  async function startNode(fault: string): Promise<void> {
    const home = await scene.subdir(`agent-${nameOf(fault)}`);
    const own = await namespaces.add(home, serverName);
    hosts.set(fault, own);
    if (fault === 'a name that moves') own.nameIs(own.spare);
    const { apiPort, commandPort, heartbeatPort } = server;
    if (fault.includes('half-open')) {
      own.nameIs('127.0.0.1');
      const others = [apiPort, heartbeatPort];
      const isWhole = fault === 'half-open connections';
      if (!isWhole) await startProxy(own, others);
      proxies.set(fault, await startProxy(own, [commandPort, ...(isWhole ? others : [])]));
    }
    const file = await configure(home, nameOf(fault), serverName);
    configured.set(fault, { home, file });
    const command = built('client/src/main.ts', ['-c', file, '-l', 'debug', '-L', 'STDOUT']);
    await start(nameOf(fault), own.inside(command), home);
  }

  async function startProxy(at: NamespaceHost, ports: readonly number[]): Promise<Program> {
    const args = [at.server, ...ports.map(String)];
    const command = at.inside(fromSource('test/system/harness/stalling-proxy.ts', args));
    const proxy = await scene.start({ name: 'proxy', ...command });
    await proxy.line(/serving/);
    return proxy;
  }

  function configure(home: string, node: string, at: string, more: string[] = []): Promise<string> {
    const url = `http://${at}:${server.apiPort}/organizations/acme`;
    const whitelist = { greet: 'cat "$CHEF_PUSH_JOB_FILE"' };
    return writeAgentConfig(home, { url, node, key: keyOf(node), whitelist, more });
  }

  function start(node: string, command: { file: string; args: string[] }, home: string) {
    const env = { ...process.env, HOME: home };
    return scene.start({ name: `agent-${node}`, ...command, env, cwd: home });
  }

  /** All that this agent writes is on a disk of one megabyte. */
  async function startDisk(): Promise<void> {
    const home = await scene.subdir('agent-disk');
    const own = await namespaces.add(home, serverName);
    const small = join(home, 'small');
    await mkdir(small);
    const more = [`state_dir '${small}/state'`, `file_dir '${small}/files'`];
    const file = await configure(home, 'disk', serverName, more);
    const log = join(small, 'agent.log');
    const agent = built('client/src/main.ts', ['-c', file, '-l', 'debug', '-L', log]);
    const mount = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"';
    const command = { file: 'sh', args: ['-c', mount, small, agent.file, ...agent.args] };
    const program = await start('disk', own.inside(command), home);
    const within = (script: string) => {
      const args = ['--mount', '--target', String(program.pid), 'sh', '-c', script, small];
      return runOk('nsenter', args, { timeoutMs: 10_000 });
    };
    disk = {
      fill: () => within('dd if=/dev/zero of="$0/full" bs=4k 2>/dev/null; test -s "$0/full"'),
      free: () => within('rm "$0/full"'),
    };
  }

  /** Milliseconds from the end of the cause until the node is available, and stays so for two intervals. */
  async function suffer(name: string, { begin, end }: Fault): Promise<number | Error> {
    const node = nameOf(name);
    try {
      await begin();
      await watcher.away([node], noticed);
      await end();
      const began = performance.now();
      await watcher.available([node], 4 * bound);
      const took = performance.now() - began;
      for (const until = performance.now() + 2 * interval; performance.now() < until;) {
        await watcher.available([node], 1);
        await sleep(100);
      }
      return took;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  for (const fault of Object.keys(faults)) {
    it(`${fault}: is available again within five intervals of its end`, async () => {
      const took = await outcomes.get(fault);
      if (took instanceof Error) throw took;
      assert.ok(took !== undefined && took < bound, `${String(took)} ms`);
    });
  }

  it('the doctor, five times: says that the node is available, and does not take its place', async () => {
    const { home, file } = configured.get('link down') ?? assert.fail('there is no such node');
    const cable = host('link down');
    const command = built('client/src/main.ts', ['doctor', '-c', file, '--format', 'json']);
    const { file: program, args } = cable.inside(command);
    const lives = timesOnline(server.program, 'link-down');
    for (let i = 0; i < 5; i++) {
      const { stdout } = await runOk(program, args, { cwd: home, timeoutMs: 20_000 });
      assert.equal((JSON.parse(stdout) as { cause: unknown }).cause, null);
    }
    await watcher.available(['link-down'], 1);
    assert.equal(timesOnline(server.program, 'link-down'), lives);
  });

  async function job(): Promise<string> {
    const made = await sendSigned(signer, {
      port: server.apiPort,
      method: 'POST',
      path: '/organizations/acme/pushy/jobs',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ command: 'greet', nodes: ['disk'], file: 'raw:hello' }),
    });
    assert.equal(made.status, 201, made.body);
    const { uri } = JSON.parse(made.body) as { uri: string };
    const { nodes } = await watcher.ended(uri.slice(-32));
    return Object.keys(nodes).join();
  }

  it('a full disk: stays available, refuses what needs room, and does it as soon as there is some', async () => {
    await disk.fill();
    assert.match(await job(), /^(failed|nacked)$/);
    await watcher.available(['disk'], 1);
    await disk.free();
    assert.equal(await job(), 'succeeded');
  });
});
