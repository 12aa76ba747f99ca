import type { AddressInfo } from 'node:net';
import type { Signer } from 'mixlib-authentication-ts';
import type { NodesByStatus } from '@pushy/protocol';
import type { NewJob } from '../../server/src/core/job-record.ts';
import type { AppDeps } from '../../server/src/http/app-deps.ts';
import { makeApp } from '../../server/src/http/app.ts';
import type {
  Directory,
  Principal,
  PrincipalLookup,
} from '../../server/src/directory/directory.ts';
import { askInTurn } from '../../server/src/directory/in-turn.ts';
import type { ShownDetail } from '../../server/src/http/job-view.ts';
import { openFeeds } from '../../server/src/http/routes/feeds.ts';
import { decodeZ85 } from '../../server/src/zmq/z85.ts';
import { systemClock } from '../../server/src/clock.ts';
import { quietLog } from './logs.ts';
import { send, sendSigned, type HttpAnswer, type HttpRequest } from './http.ts';
import { newKeyPair } from './keys.ts';

export const ORG_ID = '0123456789abcdef0123456789abcdef';
/** 40 characters that Z85 knows (REFERENCE 8.2). */
export const CCPK = '1234567890123456789012345678901234567890';

const keys = { alice: newKeyPair(), web1: newKeyPair(), eve: newKeyPair() };

/** Whoever may sign: alice is a user of acme, web1 a client of it, eve a user who is not in acme. */
export const SIGNERS = {
  alice: { userId: 'alice', key: keys.alice.privateKey },
  web1: { userId: 'web1', key: keys.web1.privateKey },
  eve: { userId: 'eve', key: keys.eve.privateKey },
  nobody: { userId: 'nobody', key: keys.eve.privateKey },
} as const satisfies Record<string, Signer>;
export const KEYS = keys;

/** An API that may not listen yet. */
export type App = ReturnType<typeof makeApp>;

type World = Omit<AppDeps, 'clock' | 'log' | 'directory'> & {
  directory: Omit<AppDeps['directory'], 'requester'> &
    Pick<Directory, 'organization' | 'principals'>;
};
type Stored = Omit<ShownDetail, 'counts'> & { nodes: NodesByStatus };

/** A listening API over ports that answer from memory. */
export interface TestApi {
  port: number;
  /** What was asked for, in order. */
  started: NewJob[];
  stopped: { id: string; nodes: readonly string[] | undefined }[];
  /** What lists were asked for. */
  queries: object[];
  admitted: {
    orgId: string;
    node: string;
    curveKey: Buffer;
    requester: object;
    capabilities: readonly string[] | undefined;
  }[];
  logged: { message: string; fields: object }[];
  asked: string[];
  groups: Map<string, string[]>;
  jobs: Map<string, Stored>;
  outputs: Map<string, Buffer>;
  /** Ports that a test replaces. */
  world: World;
  send(what: Omit<HttpRequest, 'port'>): Promise<HttpAnswer>;
  /** Signed by alice unless said. */
  as(who: keyof typeof SIGNERS, what: Omit<HttpRequest, 'port'>): Promise<HttpAnswer>;
  post(body: unknown, headers?: Record<string, string>): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** Starts an API of the real rooms of http/, on a port of the kernel's; `given` ports stand in for the usual ones. */
export async function startApi(
  given: Partial<World> = {},
  prepare: (app: App) => void = () => undefined,
): Promise<TestApi> {
  const api = {
    started: [] as NewJob[],
    stopped: [] as TestApi['stopped'],
    queries: [] as object[],
    admitted: [] as TestApi['admitted'],
    logged: [] as TestApi['logged'],
    asked: [] as string[],
    groups: new Map<string, string[]>(),
    jobs: new Map<string, Stored>(),
    outputs: new Map<string, Buffer>(),
  };
  const world = { ...makeWorld(api), ...given };
  const note = (fields: object, message: string): void => {
    api.logged.push({ message, fields });
  };
  const app = makeApp({
    ...world,
    // Late binding: what a test puts into `world` counts from then on.
    directory: {
      requester: askInTurn({
        organization: (name) => world.directory.organization(name),
        principals: (org, name, how) => world.directory.principals(org, name, how),
      }),
      membership: (org, who, group) => world.directory.membership(org, who, group),
      nodes: (org) => world.directory.nodes(org),
      search: (org, query) => world.directory.search(org, query),
    },
    starter: {
      newId: (id) => world.starter.newId(id),
      start: (job) => world.starter.start(job),
      stop: (id, nodes) => world.starter.stop(id, nodes),
    },
    jobs: {
      get: (org, id) => world.jobs.get(org, id),
      getDetail: (org, id) => world.jobs.getDetail(org, id),
      list: (org, query) => world.jobs.list(org, query),
      listDetails: (org, query) => world.jobs.listDetails(org, query),
      delete: (org, id) => world.jobs.delete(org, id),
      output: (org, id, node, stream) => world.jobs.output(org, id, node, stream),
    },
    config: {
      ...world.config,
      settings: () => world.config.settings(),
      admit: (admission) => world.config.admit(admission),
    },
    clock: { now: () => Date.now() },
    log: { debug: note, error: note },
  });
  prepare(app);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    ...api,
    world,
    port,
    send: (what) => send({ port, ...what }),
    as: (who, what) => sendSigned(SIGNERS[who], { port, ...what }),
    post: (body, headers = {}) =>
      sendSigned(SIGNERS.alice, {
        port,
        method: 'POST',
        path: '/organizations/acme/pushy/jobs',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      }),
    close: () => app.close(),
  };
}

function makeWorld(
  api: Omit<TestApi, 'world' | 'port' | 'send' | 'as' | 'post' | 'close' | 'logged'>,
): World {
  const principal = (name: 'alice' | 'web1', type: Principal['type']): PrincipalLookup => ({
    found: 'principals',
    principals: [{ name, type, publicKey: keys[name].publicKey }],
    reused: false,
  });
  const people = new Map<string, PrincipalLookup>([
    ['alice', principal('alice', 'user')],
    ['web1', principal('web1', 'client')],
    ['eve', { found: 'not_member', reused: false }],
  ]);
  api.groups.set('admins', ['user alice']);
  return {
    directory: {
      organization: (name) => {
        api.asked.push(`organization ${name}`);
        return Promise.resolve(name === 'acme' ? { id: ORG_ID } : undefined);
      },
      principals: (_, name) => {
        api.asked.push(`principal ${name}`);
        return Promise.resolve(people.get(name) ?? { found: 'none', reused: false });
      },
      membership: (_, who, group) => {
        api.asked.push(`group ${group}`);
        const members = api.groups.get(group);
        if (members === undefined) return Promise.resolve('no_group');
        return Promise.resolve(
          members.includes(`${who.type} ${who.name}`) ? 'member' : 'not_member',
        );
      },
      nodes: () => Promise.resolve(['web2', 'web1']),
      search: (_, query) => {
        api.asked.push(`search ${query}`);
        return Promise.resolve({ ok: true, nodes: ['web1', 'web2'] });
      },
    },
    starter: {
      newId: () => 'f'.repeat(32),
      start: (job) => {
        api.started.push(job);
        return Promise.resolve();
      },
      stop: (id, nodes) => {
        api.stopped.push({ id, nodes });
        return Promise.resolve(true);
      },
    },
    jobs: {
      get: (org, id) => Promise.resolve(org === ORG_ID ? api.jobs.get(id) : undefined),
      getDetail: (org, id) => {
        const job = org === ORG_ID ? api.jobs.get(id) : undefined;
        return Promise.resolve(job && withCounts(job));
      },
      list: (org, query) => {
        api.queries.push(query);
        return Promise.resolve(org === ORG_ID ? [...api.jobs.values()] : []);
      },
      listDetails: (org, query) => {
        api.queries.push(query);
        return Promise.resolve(org === ORG_ID ? [...api.jobs.values()].map(withCounts) : []);
      },
      delete: (org, id) => {
        if (org !== ORG_ID || !api.jobs.has(id)) return Promise.resolve('missing');
        if (api.jobs.get(id)?.status === 'running') return Promise.resolve('in_flight');
        api.jobs.delete(id);
        return Promise.resolve('deleted');
      },
      output: (org, id, node, stream) =>
        Promise.resolve(org === ORG_ID ? api.outputs.get(`${id} ${node} ${stream}`) : undefined),
    },
    presence: {
      list: () => [{ node_name: 'web1', availability: 'available' }],
      get: (_, node) =>
        node === 'web1'
          ? { node_name: node, status: 'online', availability: 'available' }
          : { node_name: node, status: 'offline', availability: 'unavailable' },
      heard: () => [
        {
          node_name: 'web1',
          status: 'online',
          availability: 'available',
          since: Date.UTC(2012, 8, 4, 23, 1, 2),
          lastHeartbeat: Date.UTC(2012, 8, 4, 23, 17, 56, 900),
          jobState: 'running',
          jobId: 'e'.repeat(32),
        },
        { node_name: 'new', status: 'online', availability: 'unavailable', since: 0 },
      ],
    },
    feeds: openFeeds({
      feeds: {
        openJob: () => undefined,
        openOrg: () => {
          throw new Error('no feed was expected');
        },
        isOpen: () => true,
      },
      clock: systemClock,
      log: quietLog,
      fraction: () => 0,
      keepAlive: 15_000,
      maxConnections: 10,
    }),
    config: {
      settings: () => ({
        serverName: 'push.example.com',
        ports: { heartbeat: 10_000, command: 10_002 },
        heartbeatInterval: 1500,
        configLifetime: 3600,
        maxTimeSkew: 300,
        maxBodySize: 65_536,
        incarnationId: 'f4a5b2ac-7a05-4f3b-8d1a-c52d6a9e3a11',
        publicKey: '-----BEGIN PUBLIC KEY-----\nMII\n-----END PUBLIC KEY-----\n',
        curvePublicKey: CCPK,
      }),
      sessionKey: () => Buffer.alloc(32, 7),
      admit: (admission) => {
        api.admitted.push(admission);
        return Promise.resolve();
      },
      decodeCurveKey: decodeZ85,
      randomBytes: (count) => Buffer.alloc(count, 9),
    },
    status: {
      incarnationId: () => 'f4a5b2ac-7a05-4f3b-8d1a-c52d6a9e3a11',
      trackedNodes: () => 3,
      jobsInMemory: () => ['a'.repeat(32)],
      misspeltGroups: () => 2,
    },
    settings: {
      validateClientNodeName: true,
      defaultRunningTimeout: 3600,
      serverName: 'push.example.com',
    },
    isUnavailable: (error) => error instanceof Error && error.message === 'database away',
  };
}

function withCounts(job: Stored): Stored & { counts: ShownDetail['counts'] } {
  const entries = Object.entries(job.nodes).map(([status, names]) => [status, names.length]);
  return { ...job, counts: Object.fromEntries(entries) as ShownDetail['counts'] };
}
