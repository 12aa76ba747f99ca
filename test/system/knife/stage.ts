import { readFile } from 'node:fs/promises';
import { startChefZero, type ChefZero } from '../harness/chef-zero.ts';
import { makeCli } from '../harness/cli.ts';
import { makeKnife, type Workstation } from '../harness/knife.ts';
import { startNginx, type Nginx } from '../harness/nginx.ts';
import { startPostgres } from '../harness/postgres.ts';
import { startPushyAgent } from '../harness/pushy-agent.ts';
import { makeServerHome, startPushyServer } from '../harness/pushy-server.ts';
import { startRubyAgent } from '../harness/ruby-agent.ts';
import type { Scene } from '../harness/scene.ts';
import { makeWatcher, type Watcher } from '../harness/watcher.ts';
import { nodes, writeCommands, type Commands, type NodeName } from './commands.ts';

/** A whole installation: a Chef server, our server beside it, agents of both kinds, a workstation. */
export interface Stage {
  /** The real knife and our own command line, for the user alice of the organization acme. */
  readonly programs: Readonly<Record<ProgramName, Workstation>>;
  readonly commands: Commands;
  /** Path of the key of bob, a member of acme who may not start jobs. */
  readonly bobKey: string;
  /** Makes an organization with no nodes and no jobs, in which alice may start some; answers its URL. */
  readonly makeOrganization: (name: string) => Promise<string>;
  /** Sees what alice may see, past all proxies. */
  readonly watcher: Watcher;
  /** How often a job was asked for through the proxy. */
  readonly countPolls: (job: string) => Promise<number>;
}

/** The two programs that must say the same. */
export const programNames = ['knife', 'pushy'] as const;
/** One of the two programs. */
export type ProgramName = (typeof programNames)[number];

/** Milliseconds: the Ruby agent loads for several seconds, more on a busy machine. */
const onlineTimeoutMs = 60_000;

/** Starts everything; all agents are online then. */
export async function makeStage(scene: Scene): Promise<Stage> {
  const [zero, postgres, commands] = await Promise.all([
    startChefZero(scene),
    startPostgres(scene),
    writeCommands(scene),
  ]);
  await zero.createOrganization('acme');
  const alice = await zero.createUser('acme', 'alice');
  const bob = await zero.createUser('acme', 'bob');
  await zero.setGroup('acme', 'pushy_job_writers', { users: ['alice'] });
  const home = await makeServerHome(scene, {
    chef_server_url: zero.url,
    chef_backend: 'chef-zero',
    chef_superuser_key: alice,
    database_url: await postgres.createDatabase('opscode_pushy'),
    // Nobody goes away here: an agent that is slow on a busy machine must not be taken for one that did.
    heartbeat_interval: 2000,
  });
  const server = await startPushyServer(scene, home);
  const nginx = await startNginx(scene, {
    pushyPort: server.apiPort,
    chefPort: Number(new URL(zero.url).port),
    tls: true,
  });
  const url = `${nginx.url}/organizations/acme`;
  await Promise.all(nodes.map((node) => startAgent(scene, zero, url, node, commands)));
  const settings = { url, user: 'alice', key: alice };
  const watcher = await makeWatcher({ ...settings, url: `${server.url}/organizations/acme` });
  await watcher.available(nodes, onlineTimeoutMs);
  return {
    programs: { knife: await makeKnife(scene, settings), pushy: await makeCli(scene, settings) },
    commands,
    bobKey: bob,
    makeOrganization: async (name) => {
      await zero.createOrganization(name);
      await zero.api('POST', `/organizations/${name}/users`, { username: 'alice' });
      await zero.setGroup(name, 'pushy_job_writers', { users: ['alice'] });
      return `${nginx.url}/organizations/${name}`;
    },
    watcher,
    countPolls: (job) => countPolls(nginx, job),
  };
}

/** Our agents are the web servers; a database takes the reference agent. */
async function startAgent(
  scene: Scene,
  zero: ChefZero,
  url: string,
  node: NodeName,
  commands: Commands,
): Promise<void> {
  const key = await zero.createClient('acme', node);
  await zero.createNode('acme', node, {
    normal: { tier: node === 'db1' ? 'data' : 'front' },
  });
  const start = node === 'db1' ? startRubyAgent : startPushyAgent;
  await start(scene, { url, node, key, whitelist: commands.whitelist(node) });
}

async function countPolls(nginx: Nginx, job: string): Promise<number> {
  const log = await readFile(nginx.accessLog, 'utf8');
  return log
    .split('\n')
    .filter((line) => line.includes(`GET /organizations/acme/pushy/jobs/${job} `)).length;
}
