/**
 * A Push Jobs server that does what its script says and no more: a real ROUTER and PUB, and a real HTTP server for the
 * configuration. It speaks to any agent, ours or the reference's.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createPublicKey, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Context, Publisher, Reply, Router, curveKeyPair } from 'zeromq';
import { formatHttpDate, seal, unpack, verify, wrapSessionKey, type Frames } from '@pushy/protocol';
import { readSignedHeaders, verifyRequest } from 'mixlib-authentication-ts';

/** What the script may choose. */
export interface ScriptedServerOptions {
  readonly node?: string;
  readonly organization?: string;
  /** Seconds between heartbeats. */
  readonly interval?: number;
  /** Default: true. */
  readonly curve?: boolean;
  /** Seconds. */
  readonly lifetime?: number;
  readonly maxBodySize?: number;
  /** A server of the 1.x line (REFERENCE 17): no CURVE, no limit in the configuration. */
  readonly version1?: boolean;
  /** How long the script waits for anything, milliseconds; a Ruby agent needs seconds to start. */
  readonly patienceMs?: number;
}

/** A configuration request as it came. */
export interface ConfigRequest {
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  /** The signature is the node's. */
  readonly isSigned: boolean;
}

/** A verified message of the agent. */
export interface AgentSays {
  readonly address: Buffer;
  readonly header: string;
  /** The body as it stood on the wire. */
  readonly text: string;
  readonly body: Record<string, unknown>;
}

type Answer = (response: ServerResponse) => void;

/** How long the script waits for anything unless it says so, milliseconds. */
const PATIENCE_MS = 20_000;

/** Starts the server; `close` ends everything. */
export async function startScriptedServer(options: ScriptedServerOptions = {}) {
  const node = options.node ?? 'web01';
  const organization = options.organization ?? 'acme';
  const interval = options.interval ?? 0.2;
  const client = generateKeyPairSync('rsa', { modulusLength: 2048 });
  let server = generateKeyPairSync('rsa', { modulusLength: 2048 });
  let curve = curveKeyPair();
  const version1 = options.version1 ?? false;
  const patienceMs = options.patienceMs ?? PATIENCE_MS;
  const withCurve = options.curve ?? !version1;
  const context = new Context();

  const state = {
    sessionKey: randomBytes(32),
    incarnation: randomUUID() as string,
    commandSequence: 0,
    broadcastSequence: 0,
    maxBodySize: options.maxBodySize ?? 65_536,
    lifetime: options.lifetime ?? 3600,
    /** What it answers to an agent that asks for capabilities. */
    capabilities: [] as string[],
    /** What the server calls the node. */
    availability: 'available',
    /** What ZAP says to whoever connects, with CURVE. */
    isAdmitting: true,
    /** Instead of a configuration. */
    answer: undefined as Answer | undefined,
  };
  const requests: ConfigRequest[] = [];
  const said: AgentSays[] = [];
  const dropped: string[] = [];
  let address: Buffer | undefined;
  let router: Router | undefined;
  let publisher: Publisher | undefined;
  let commandAddress = 'tcp://127.0.0.1:*';
  let broadcastAddress = 'tcp://127.0.0.1:*';
  let beating: NodeJS.Timeout | undefined;
  let changed: (() => void)[] = [];
  const notify = (): void => {
    const waiting = changed;
    changed = [];
    for (const wake of waiting) wake();
  };

  function config(url: URL): object {
    const asksForCapabilities = url.searchParams.has('capabilities');
    return {
      type: 'config',
      host: '127.0.0.1',
      push_jobs: {
        heartbeat: {
          out_addr: broadcastAddress,
          command_addr: commandAddress,
          interval,
          offline_threshold: 3,
          online_threshold: 2,
        },
      },
      node,
      organization,
      public_key: server.publicKey.export({ type: 'spki', format: 'pem' }),
      ...(withCurve ? { curve_public_key: curve.publicKey } : {}),
      encoded_session_key: wrapSessionKey(state.sessionKey, client.publicKey),
      lifetime: state.lifetime,
      max_message_skew: 300,
      ...(version1 ? {} : { max_body_size: state.maxBodySize }),
      ...(asksForCapabilities && !version1 ? { capabilities: state.capabilities } : {}),
      incarnation_id: state.incarnation,
    };
  }

  const http: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const signed = readSignedHeaders(request.headers, Date.now(), 900_000);
    const isSigned =
      signed.ok &&
      verifyRequest(
        signed.value,
        { method: request.method ?? '', path: request.url ?? '', body: Buffer.alloc(0) },
        client.publicKey,
      );
    if (url.pathname.endsWith(`/node_states/${node}`)) {
      const { availability } = state;
      const status = availability === 'available' ? 'online' : 'offline';
      response.end(JSON.stringify({ node_name: node, status, availability }));
      return;
    }
    requests.push({ url, headers: request.headers, isSigned });
    notify();
    if (state.answer !== undefined) {
      state.answer(response);
      return;
    }
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(config(url)));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;

  async function openSockets(): Promise<void> {
    const commands = new Router({
      context,
      linger: 0,
      ...(withCurve
        ? { curveServer: true, curveSecretKey: curve.secretKey, zapDomain: 'commands' }
        : {}),
    });
    const beats = new Publisher({ context, linger: 0 });
    router = commands;
    publisher = beats;
    await bind(commands, commandAddress);
    await bind(beats, broadcastAddress);
    commandAddress = commands.lastEndpoint ?? '';
    broadcastAddress = beats.lastEndpoint ?? '';
    void read(commands);
  }

  async function admit(zap: Reply): Promise<void> {
    for await (const [version = '', id = ''] of zap) {
      const verdict = state.isAdmitting ? ['200', ''] : ['400', 'No such client'];
      await zap.send([version, id, ...verdict, '', '']);
    }
  }

  /** libzmq lets go of the address of a closed socket a moment later. */
  async function bind(socket: Router | Publisher, to: string): Promise<void> {
    const end = Date.now() + patienceMs;
    for (;;) {
      try {
        await socket.bind(to);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || Date.now() > end) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  async function read(socket: Router): Promise<void> {
    for await (const [from, ...frames] of socket) {
      if (from === undefined) continue;
      address = from;
      const unpacked = unpack(frames, 10_000_000);
      const checked = unpacked.ok
        ? verify(unpacked.value, { hmac_sha256: state.sessionKey }, Date.now())
        : unpacked;
      if (checked.ok && unpacked.ok) {
        said.push({
          address: from,
          header: frames[0]?.toString('latin1') ?? '',
          text: unpacked.value.bytes.toString('utf8'),
          body: checked.value,
        });
      } else if (!checked.ok) dropped.push(checked.reason);
      notify();
    }
  }

  /** Resolves with the first thing that `find` gives; looks again after whatever happens. */
  async function until<T>(what: string, find: () => T | undefined): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const types = said.map(({ body }) => String(body['type'])).join(' ');
        reject(new Error(`nothing came: ${what}; unread: ${types}; dropped: ${dropped.join(' ')}`));
      }, patienceMs);
    });
    try {
      for (;;) {
        const found = find();
        if (found !== undefined) return found;
        await Promise.race([late, new Promise<void>((wake) => changed.push(wake))]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** The next unread message of one of these types; older messages of other types stay unread. */
  function next(...types: string[]): Promise<AgentSays> {
    return until(types.join(' or '), () => {
      const index = said.findIndex(({ body }) => types.includes(String(body['type'])));
      return index < 0 ? undefined : said.splice(index, 1)[0];
    });
  }

  async function sendFrames(frames: readonly Buffer[]): Promise<void> {
    const to = await until('the address of an agent', () => address);
    await router?.send([to, ...frames]);
  }

  /** Signs and sends a body with the members that every body has (REFERENCE 15.5). */
  async function send(members: Record<string, unknown>): Promise<Frames> {
    const head = { sequence: ++state.commandSequence, timestamp: formatHttpDate(Date.now()) };
    const frames = seal({ ...head, ...members }, { hmac_sha256: state.sessionKey });
    await sendFrames(frames);
    return frames;
  }

  async function broadcast(): Promise<void> {
    const body = {
      sequence: state.broadcastSequence++,
      timestamp: formatHttpDate(Date.now()),
      server: 'push.example.com',
      type: 'heartbeat',
      incarnation_id: state.incarnation,
    };
    await publisher?.send([...seal(body, { rsa2048_sha1: server.privateKey })]);
  }

  function startBroadcast(): void {
    beating ??= setInterval(() => void broadcast(), interval * 1000);
  }

  function stopBroadcast(): void {
    clearInterval(beating);
    beating = undefined;
  }

  function closeSockets(): void {
    router?.close();
    publisher?.close();
    router = undefined;
    publisher = undefined;
    address = undefined;
  }

  const zap = new Reply({ context, linger: 0 });
  await zap.bind('inproc://zeromq.zap.01');
  void admit(zap);
  await openSockets();
  startBroadcast();
  return {
    node,
    url: `http://127.0.0.1:${port}/organizations/${organization}`,
    /** The client's private key. */
    clientKey: client.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    serverPrivateKey: server.privateKey,
    serverPublicKey: createPublicKey(server.publicKey.export({ type: 'spki', format: 'pem' })),
    /** Every key is another one from now on, as after a loss of the server's secrets; the sockets are opened anew. */
    replaceKeys: async () => {
      server = generateKeyPairSync('rsa', { modulusLength: 2048 });
      curve = curveKeyPair();
      state.sessionKey = randomBytes(32);
      state.incarnation = randomUUID();
      closeSockets();
      await openSockets();
    },
    state,
    /** Where an agent that asks for no configuration connects. */
    addresses: () => ({ commandAddress, broadcastAddress, curveKey: curve.publicKey }),
    /** Every configuration request so far. */
    requests,
    /** Messages that nobody has taken with `next` yet. */
    said,
    /** Why messages of the agent were dropped. */
    dropped,
    next,
    until,
    send,
    sendFrames,
    publish: async (frames: readonly Buffer[]) => publisher?.send([...frames]),
    startBroadcast,
    stopBroadcast,
    closeSockets,
    openSockets,
    /** Waits for the n-th configuration request. */
    request: (count: number) => until(`configuration request ${count}`, () => requests[count - 1]),
    /** What a server says to a node that it meets: abort, and waits for the answer (REFERENCE 13). */
    welcome: async () => {
      await next('heartbeat');
      await send({ type: 'abort' });
      return next('aborted');
    },
    close: async () => {
      stopBroadcast();
      closeSockets();
      zap.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

export type ScriptedServer = Awaited<ReturnType<typeof startScriptedServer>>;
