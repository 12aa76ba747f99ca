import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { SignatureVersion } from 'mixlib-authentication-ts';
import { gemSet } from '../../provision/gem-sets.ts';
import { runOk } from '../../helpers/run.ts';
import { startChefZero } from '../harness/chef-zero.ts';
import { makeKnife, type Workstation } from '../harness/knife.ts';
import { startNginx } from '../harness/nginx.ts';
import { startPostgres } from '../harness/postgres.ts';
import { startPushyAgent } from '../harness/pushy-agent.ts';
import { makeServerHome, startPushyServer } from '../harness/pushy-server.ts';
import { startRubyAgent } from '../harness/ruby-agent.ts';
import type { Scene } from '../harness/scene.ts';
import { makeWatcher } from '../harness/watcher.ts';
import { makeConnection, type Connection } from './connection.ts';

/** Ours and the reference's. */
export const nodes = ['web1', 'db1'] as const;

/** A Chef server with the add-on's locations, our server behind it, an agent of each kind. */
export interface ClientStage {
  /** Of the organization, past the front. */
  readonly port: number;
  /** Path of the key of web2, a client without an agent. */
  readonly spareKey: string;
  readonly knife: Workstation;
  /** A client of alice's that signs by this version. */
  connect(version: SignatureVersion): Connection;
  /** What the Ruby clients told, by name. */
  readonly ruby: Readonly<Record<string, unknown>>;
}

/** The patterns of the delivery_build cookbook, as it writes them. */
const more = [
  'whitelist({',
  `  'greet' => 'echo hello from $CHEF_PUSH_NODE_NAME',`,
  `  'chef-client' => 'echo converged',`,
  `  'probe' => 'sh -c "echo $GREETING; cat $CHEF_PUSH_JOB_FILE"',`,
  `  'fail' => 'exit 3',`,
  String.raw`  /^delivery-cmd (.+)$/ => 'echo \1',`,
  '})',
];

/** Starts everything and lets the Ruby clients play. */
export async function makeClientStage(scene: Scene): Promise<ClientStage> {
  const [zero, postgres] = await Promise.all([startChefZero(scene), startPostgres(scene)]);
  await zero.createOrganization('acme');
  const alice = await zero.createUser('acme', 'alice');
  await zero.setGroup('acme', 'pushy_job_writers', { users: ['alice'] });
  const home = await makeServerHome(scene, {
    chef_server_url: zero.url,
    chef_backend: 'chef-zero',
    chef_superuser_key: alice,
    database_url: await postgres.createDatabase('opscode_pushy'),
    heartbeat_interval: 2000,
  });
  const server = await startPushyServer(scene, home);
  const nginx = await startNginx(scene, {
    pushyPort: server.apiPort,
    chefPort: Number(new URL(zero.url).port),
    tls: true,
  });
  const url = `${nginx.url}/organizations/acme`;
  for (const node of nodes) {
    const key = await zero.createClient('acme', node);
    await zero.createNode('acme', node);
    const start = node === 'web1' ? startPushyAgent : startRubyAgent;
    await start(scene, { url, node, key, whitelist: {}, more });
  }
  const settings = { url, user: 'alice', key: alice };
  const watcher = await makeWatcher({ ...settings, url: `${server.url}/organizations/acme` });
  await watcher.available(nodes, 60_000);
  const key = await readFile(alice, 'utf8');
  return {
    port: server.apiPort,
    spareKey: await zero.createClient('acme', 'web2'),
    knife: await makeKnife(scene, settings),
    connect: (version) => makeConnection({ url, userId: 'alice', key, version }),
    ruby: await playRuby(scene, url, alice),
  };
}

async function playRuby(
  scene: Scene,
  url: string,
  key: string,
): Promise<Readonly<Record<string, unknown>>> {
  const home = await scene.subdir('ruby-clients');
  const set = gemSet('workstation');
  const script = fileURLToPath(new URL('clients.rb', import.meta.url));
  const { file, args } = set.command('ruby', [script, url, 'alice', key]);
  const { stdout } = await runOk(file, args, {
    env: { ...set.env, HOME: home },
    cwd: home,
    timeoutMs: 100_000,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
}
