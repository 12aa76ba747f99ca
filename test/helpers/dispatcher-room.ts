import { createHash } from 'node:crypto';
import {
  formatHttpDate,
  open,
  readServerMessage,
  seal,
  type Frames,
  type ServerMessage,
} from '@pushy/protocol';
import { makeLocalBus } from '../../server/src/bus/local.ts';
import type { FeedEvent } from '../../server/src/core/feed-event.ts';
import { makeFeedLog } from '../../server/src/feed-log.ts';
import type { NewJob } from '../../server/src/core/job-record.ts';
import type { Bus } from '../../server/src/dispatcher/bus.ts';
import {
  makeDispatcher,
  type Dispatcher,
  type DispatcherDeps,
  type DispatcherSettings,
} from '../../server/src/dispatcher/dispatcher.ts';
import { makeFakeClock, turn, type FakeClock } from './fake-clock.ts';
import { makeMemoryStore, type MemoryStore } from './memory-store.ts';

export const ORG_ID = 'fedcba9876543210fedcba9876543210';

/** Heartbeats every second, otherwise the numbers of the reference (REFERENCE 1). */
export const SETTINGS: DispatcherSettings = {
  heartbeatInterval: 1000,
  downThreshold: 0.6,
  decayWindow: 4,
  detectOfflineNodesInterval: 4,
  rehabTimer: 1000,
  votingTimeout: 60_000,
  waitCompleteTime: 5000,
  maxBodySize: 65_536,
  maxTimeSkew: 300_000,
  serverName: 'push.example.com',
};

/** The dispatcher among fakes of everything around it: time, store, socket, directory. */
export interface Room {
  dispatcher: Dispatcher;
  clock: FakeClock;
  store: MemoryStore;
  /** What was logged at warn or error. */
  complaints: { level: string; message: string; fields: Record<string, unknown> }[];
  /** Events of the jobs, as text: `name(node status)`. */
  feed: string[];
  /** Those that readers may see. */
  shown: string[];
  /** Addresses and frames that were sent to nobody. */
  lost: Frames[];
  agent: (name: string, more?: Partial<AgentOptions>) => SimulatedAgent;
  /** An agent that is online and available. */
  ready: (name: string) => Promise<SimulatedAgent>;
  /** Starts a job and lets everything settle. */
  start: (nodes: readonly string[], more?: Partial<NewJob>) => Promise<string>;
}

export interface AgentOptions {
  org: string;
  /** The node that it says it is. */
  claims: string;
  key: Buffer;
  address: Buffer;
  incarnation: string;
}

/** Speaks for a node, in real frames, over a connection that exists on paper. */
export interface SimulatedAgent {
  readonly name: string;
  readonly options: AgentOptions;
  /** Verified messages from the server. */
  readonly received: ServerMessage[];
  /** The types of `received`, and forgets them. */
  heard(): string[];
  /** Sends a message and lets everything settle. `more` overrides any member. */
  say(type: string, more?: Record<string, unknown>): Promise<void>;
  /** Hands any frames to the server. */
  frames(...frames: Buffer[]): Promise<void>;
  /** A body with all that an agent sends (REFERENCE 15.6). */
  body(type: string, more?: Record<string, unknown>): Record<string, unknown>;
}

/** The key of a node, in every room. */
export function keyOf(orgId: string, node: string): Buffer {
  return createHash('sha256').update(`${orgId} ${node}`).digest();
}

/** A bus whose records must survive JSON. */
export function jsonBus(bus: Bus): Bus {
  return {
    publish(channel, records) {
      bus.publish(channel, JSON.parse(JSON.stringify(records)) as typeof records);
    },
    subscribe: (channel, receive) => bus.subscribe(channel, receive),
  };
}

/** `before`: the room of the same server before it was restarted. */
export function makeRoom(
  more: Partial<DispatcherDeps> = {},
  before?: Pick<Room, 'clock' | 'store'>,
): Room {
  const clock = before?.clock ?? makeFakeClock();
  const store = before?.store ?? makeMemoryStore();
  const complaints: Room['complaints'] = [];
  const complain = (level: string) => (fields: object, message: string) => {
    complaints.push({ level, message, fields: { ...fields } });
  };
  const feed: string[] = [];
  const shown: string[] = [];
  const feedLog = makeFeedLog({
    clock: { now: () => clock.now(), after: () => () => undefined, every: () => () => undefined },
    log: { warn: () => undefined },
    store: { dropEvents: () => Promise.resolve(), pruneOrgEvents: () => Promise.resolve() },
    orgFeedExpiration: 60_000,
  });
  const lost: Frames[] = [];
  const connections = new Map<string, (frames: Frames) => void>();
  let nextAddress = 1;
  let nextJob = 1;
  const dispatcher = makeDispatcher({
    settings: SETTINGS,
    clock,
    log: {
      debug: () => undefined,
      info: () => undefined,
      warn: complain('warn'),
      error: complain('error'),
    },
    store,
    sender: {
      isBehind: () => false,
      send(address, [header, body]) {
        const frames = [Buffer.from(header), Buffer.from(body)] as const;
        const deliver = connections.get(address.toString('hex'));
        if (deliver === undefined) lost.push(frames);
        else deliver(frames);
      },
    },
    sessionKeys: { of: keyOf },
    organizations: {
      known: (name) => (name === 'acme' ? ORG_ID : undefined),
      resolve: () => Promise.resolve(undefined),
    },
    isAdmitted: () => true,
    isExpected: () => false,
    acknowledges: () => false,
    knowsTimeouts: () => false,
    knowsRemoval: () => false,
    bus: jsonBus(makeLocalBus()),
    random: { bytes: (count) => Buffer.alloc(count, 7), fraction: () => 0 },
    feeds: {
      append(job, event) {
        feed.push(shortly(event));
        return feedLog.append(job, event);
      },
      shown: (events) => shown.push(...events.map(({ event }) => shortly(event))),
      restore: (job, events) => {
        feedLog.restore(job, events);
      },
      close: (jobId) => {
        feedLog.close(jobId);
      },
    },
    ...more,
  });

  function agent(name: string, given: Partial<AgentOptions> = {}): SimulatedAgent {
    const address = given.address ?? Buffer.from([0, 0, 0, 0, nextAddress++]);
    const options: AgentOptions = {
      org: 'acme',
      claims: name,
      key: keyOf(ORG_ID, name),
      incarnation: `life-of-${name}`,
      ...given,
      address,
    };
    const received: ServerMessage[] = [];
    connections.set(address.toString('hex'), (frames) => {
      const opened = open(frames, { hmac_sha256: options.key }, clock.now());
      const message = opened.ok ? readServerMessage(opened.value) : undefined;
      if (message === undefined) throw new Error(`${name} got a message that is none of its own`);
      received.push(message);
    });
    let sequence = 0;
    const body = (type: string, members: Record<string, unknown> = {}) => ({
      node: options.claims,
      client: `${name}.example.com`,
      protocol_version: '2.0',
      org: options.org,
      type,
      sequence: ++sequence,
      timestamp: formatHttpDate(clock.now()),
      incarnation_id: options.incarnation,
      ...(type === 'heartbeat' ? { job_state: 'idle', job_id: null } : {}),
      ...members,
    });
    const frames = async (...parts: Buffer[]) => {
      dispatcher.onFrames(address, parts);
      await turn();
    };
    return {
      name,
      options,
      received,
      heard: () => received.splice(0).map((message) => message.type),
      say: (type, members) => frames(...seal(body(type, members), { hmac_sha256: options.key })),
      frames,
      body,
    };
  }

  return {
    dispatcher,
    clock,
    store,
    complaints,
    feed,
    shown,
    lost,
    agent,
    async ready(name) {
      const one = agent(name);
      await one.say('heartbeat');
      await one.say('aborted', { job_id: null });
      one.received.length = 0;
      return one;
    },
    async start(nodes, given = {}) {
      const id = `${String(nextJob++).padStart(8, '0')}${'a'.repeat(24)}`;
      await dispatcher.jobs.start({
        id,
        orgId: ORG_ID,
        orgName: 'acme',
        requester: 'ann',
        command: 'chef-client',
        nodes,
        quorum: nodes.length,
        runTimeout: 3600,
        capture: false,
        createdAt: clock.now(),
        ...given,
      });
      await turn();
      return id;
    },
  };
}

function shortly({ name, data }: FeedEvent): string {
  if (name === 'start') return name;
  const { node, status } = data as { node?: string; status?: string };
  const inside = [node, status].filter((word) => word !== undefined).join(' ');
  return inside === '' ? name : `${name}(${inside})`;
}
