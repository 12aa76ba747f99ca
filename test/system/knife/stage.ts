import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { sendSigned } from '../../helpers/http.ts';
import { startChefZero, type ChefZero } from '../harness/chef-zero.ts';
import { makeCli } from '../harness/cli.ts';
import { makeKnife, type Workstation } from '../harness/knife.ts';
import { startNginx, type Nginx } from '../harness/nginx.ts';
import { startPostgres } from '../harness/postgres.ts';
import { startPushyAgent } from '../harness/pushy-agent.ts';
import { makeServerHome, startPushyServer } from '../harness/pushy-server.ts';
import { startRubyAgent } from '../harness/ruby-agent.ts';
import type { Scene } from '../harness/scene.ts';
import { nodes, writeCommands, type Commands, type NodeName } from './commands.ts';

/** A whole installation: a Chef server, our server beside it, agents of both kinds, a workstation. */
export interface Stage {
  /** The real knife and our own command line, for the user alice of the organization acme. */
  readonly programs: Readonly<Record<ProgramName, Workstation>>;
  readonly commands: Commands;
  /** Path of the key of bob, a member of acme who may not start jobs. */
  readonly bobKey: string;
  /** Makes an organization with no nodes and no jobs, in which alice may start some; answers its URL. */
  makeOrganization(name: string): Promise<string>;
  /** What our server answers to alice, past all proxies and programs; `path` begins behind the organization. */
  ask(path: string): Promise<unknown>;
  /** Ids of all jobs of acme. */
  jobs(): Promise<string[]>;
  /** Waits until what was asked for satisfies; rejects at the deadline with what it was last. */
  until<T>(what: string, ask: () => Promise<T>, satisfies: (answer: T) => boolean): Promise<T>;
  /** How often a job was asked for through the proxy. */
  countPolls(job: string): Promise<number>;
  /** Waits until every agent can take a job. */
  available(): Promise<void>;
}

/** The two programs that must say the same. */
export const programNames = ['knife', 'pushy'] as const;
/** One of the two programs. */
export type ProgramName = (typeof programNames)[number];

/** Milliseconds: the Ruby agent loads for several seconds. */
const deadlineMs = 60_000;

/** Starts everything; all agents are online then. */
export async function makeStage(scene: Scene): Promise<Stage> {
  const [zero, postgres, commands] = await Promise.all([
    startChefZero(scene),
    startPostgres(scene),
    writeCommands(scene),
  ]);
  await zero.createOrganization('acme');
  const [alice, bob] = [
    await zero.createUser('acme', 'alice'),
    await zero.createUser('acme', 'bob'),
  ];
  await zero.setGroup('acme', 'pushy_job_writers', { users: ['alice'] });
  const home = await makeServerHome(scene, {
    chef_server_url: zero.url,
    chef_backend: 'chef-zero',
    chef_superuser_key: alice,
    database_url: await postgres.createDatabase('opscode_pushy'),
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
  const signer = { userId: 'alice', key: await readFile(alice, 'utf8') };

  const ask: Stage['ask'] = async (path) => {
    const { status, body } = await sendSigned(signer, {
      port: server.apiPort,
      path: `/organizations/acme${path}`,
      headers: { accept: 'application/json' },
    });
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`);
    return JSON.parse(body);
  };
  const available: Stage['available'] = async () => {
    await until(
      'nodes available',
      () => ask('/pushy/node_states') as Promise<{ node_name: string; availability: string }[]>,
      (states) =>
        nodes.every((node) =>
          states.some((s) => s.node_name === node && s.availability === 'available'),
        ),
    );
  };
  await available();
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
    ask,
    jobs: async () => ((await ask('/pushy/jobs')) as { id: string }[]).map(({ id }) => id),
    until,
    countPolls: (job) => countPolls(nginx, job),
    available,
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

const until: Stage['until'] = async (what, ask, satisfies) => {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    if (Date.now() > deadline) {
      throw new Error(`not in time: ${what}, but ${JSON.stringify(answer)}`);
    }
    await sleep(50);
  }
};

async function countPolls(nginx: Nginx, job: string): Promise<number> {
  const log = await readFile(nginx.accessLog, 'utf8');
  return log
    .split('\n')
    .filter((line) => line.includes(`GET /organizations/acme/pushy/jobs/${job} `)).length;
}
