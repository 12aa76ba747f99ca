import { generateKeyPairSync } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { readSignedHeaders, verifyRequest } from 'mixlib-authentication-ts';

/** One answer that the server gives instead of its own. */
export interface CannedAnswer {
  status: number;
  body?: unknown;
  contentType?: string;
  /** Of a redirection. */
  location?: string;
  /** Ends the connection instead of answering. */
  hangUp?: true;
  /** Never answers. */
  silent?: true;
}

/** What a job looks like from one GET to the next; the last step stays. */
export interface JobStep {
  status: string;
  nodes?: Record<string, string[]>;
}

export interface SeenRequest {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingMessage['headers'];
  /** Parsed, when it is JSON. */
  body: unknown;
}

/** A server as REFERENCE 8 says, as far as a command line can see it: over a real socket, signatures verified. */
export interface FakePushServer {
  /** Ends in /organizations/acme. */
  url: string;
  seen: SeenRequest[];
  /** Steps of the jobs to be created, by command. */
  plans: Map<string, JobStep[]>;
  /** Captured output by `ID/NODE/stream`; a star stands for any ID. */
  outputs: Map<string, Buffer>;
  nodeStates: { node_name: string; availability: string }[];
  /** Node names by search query. */
  searches: Map<string, string[]>;
  /** Taken, first one first, when method and path match; once each. */
  canned: { method: string; path: RegExp; answer: CannedAnswer }[];
  /** A server of the 1.x line: it knows four keys of a job (REFERENCE 17). */
  version1: boolean;
  /** Milliseconds that its clock is ahead. */
  clockAhead: number;
  /** Forgets what it saw and every job. */
  reset(): void;
  addUser(name: string, rights?: Partial<Rights>): string;
  /** Puts a job there without a request. */
  addJob(job: Record<string, unknown> & { id: string }): void;
  close(): Promise<void>;
}

interface Rights {
  member: boolean;
  reader: boolean;
  writer: boolean;
}

interface StoredJob {
  brief: Record<string, unknown>;
  steps: JobStep[];
  reads: number;
}

const ORG = '/organizations/acme';
const JOB_KEYS = ['command', 'nodes', 'run_timeout', 'quorum'];
const JOB_KEYS_2 = [...JOB_KEYS, 'user', 'dir', 'env', 'file', 'capture_output'];
const SKEW = 900_000;

/** Starts one on a port that the kernel chooses; with `tls` it speaks https. */
export async function startFakePushServer(tls?: {
  key: string;
  cert: string;
}): Promise<FakePushServer> {
  const users = new Map<string, Rights & { publicKey: string }>();
  const jobs = new Map<string, StoredJob>();
  let created = 0;

  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      handle(request, response, Buffer.concat(chunks));
    });
  };
  const server: Server =
    tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const root = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;

  const fake: FakePushServer = {
    url: root + ORG,
    seen: [],
    plans: new Map(),
    outputs: new Map(),
    nodeStates: [],
    searches: new Map(),
    canned: [],
    version1: false,
    clockAhead: 0,
    reset() {
      fake.seen = [];
      fake.canned = [];
      fake.version1 = false;
      fake.clockAhead = 0;
      jobs.clear();
      created = 0;
    },
    addUser(name, rights) {
      const pair = generateKeyPairSync('rsa', {
        modulusLength: 2048,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
      });
      users.set(name, {
        member: true,
        reader: true,
        writer: true,
        ...rights,
        publicKey: pair.publicKey,
      });
      return pair.privateKey;
    },
    addJob(job) {
      const { nodes, ...brief } = job;
      const step = { status: String(job['status']), nodes: nodes as Record<string, string[]> };
      jobs.set(job.id, { brief, steps: [step], reads: 0 });
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function handle(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const { method = '', url: path = '' } = request;
    fake.seen.push({ method, path, headers: request.headers, body: parse(body) });
    const index = fake.canned.findIndex((c) => c.method === method && c.path.test(path));
    if (index >= 0) {
      const [{ answer }] = fake.canned.splice(index, 1) as [FakePushServer['canned'][number]];
      if (answer.hangUp) request.socket.destroy();
      else if (!answer.silent) send(response, answer);
      return;
    }
    send(response, judge(request, method, path, body));
  }

  function judge(
    request: IncomingMessage,
    method: string,
    path: string,
    body: Buffer,
  ): CannedAnswer {
    const route = (path.split('?')[0] ?? '').split('/').filter((part) => part !== '');
    if (route[0] !== 'organizations') return { status: 404, body: { error: ['not found'] } };
    const now = Date.now() + fake.clockAhead;
    const read = readSignedHeaders(request.headers, now, SKEW);
    if (!read.ok) return headerRefusal(read.refusal);
    if (route[1] !== 'acme')
      return error(404, [`organization '${String(route[1])}' does not exist.`]);
    const { userId } = read.value;
    const user = users.get(userId);
    if (user === undefined) {
      const advice = 'Ensure that your node_name and client key are correct.';
      return error(401, [`Failed to authenticate as '${userId}'. ${advice}`]);
    }
    if (!user.member) return error(403, [`'${userId}' is not associated with organization 'acme'`]);
    if (!verifyRequest(read.value, { method, path, body }, user.publicKey)) {
      return error(401, [`Invalid signature for user or client '${userId}'`]);
    }
    if (route[2] === 'search') return search(method, path, body);
    if (method === 'POST' ? !user.writer : !user.reader) {
      const text = `User or client '${userId}' does not have access to that action on this server.`;
      return error(403, [text]);
    }
    return push(method, route.slice(3), body, request);
  }

  function push(
    method: string,
    route: string[],
    body: Buffer,
    request: IncomingMessage,
  ): CannedAnswer {
    const [kind, id, ...rest] = route;
    if (kind === 'jobs' && id === undefined) {
      return method === 'POST'
        ? create(parse(body))
        : { status: 200, body: [...jobs.values()].map((job) => brief(job)) };
    }
    const job = jobs.get(id ?? '');
    if (kind === 'jobs' && rest.length === 0) {
      if (job === undefined)
        return { status: 404, body: '<html>404</html>', contentType: 'text/html' };
      const step = stepOf(job);
      job.reads++;
      return { status: 200, body: { nodes: step.nodes ?? {}, ...brief(job), status: step.status } };
    }
    if (kind === 'jobs' && rest[0] === 'output') {
      if (request.headers.accept !== 'application/octet-stream') return { status: 406 };
      const [, node, stream] = rest;
      const tail = `${String(node)}/${String(stream)}`;
      const output = fake.outputs.get(`${String(id)}/${tail}`) ?? fake.outputs.get(`*/${tail}`);
      if (output === undefined)
        return { status: 404, body: '<html>404</html>', contentType: 'text/html' };
      return { status: 200, body: output, contentType: 'application/octet-stream' };
    }
    if (kind === 'node_states' && id === undefined) return { status: 200, body: fake.nodeStates };
    if (kind === 'node_states') {
      const known = fake.nodeStates.find((node) => node.node_name === id);
      const availability = known?.availability ?? 'unavailable';
      const status = known === undefined ? 'offline' : 'online';
      return { status: 200, body: { node_name: id, status, availability } };
    }
    return { status: 404, body: '<html>404</html>', contentType: 'text/html' };
  }

  function create(request: unknown): CannedAnswer {
    const job = request as Record<string, unknown>;
    const nodes = job['nodes'] as string[];
    const known = fake.version1 ? JOB_KEYS : JOB_KEYS_2;
    if (nodes.length === 0) return error(400, 'at least one node must be supplied');
    if (Object.keys(job).some((key) => !known.includes(key)))
      return error(400, 'invalid key supplied');
    const id = (0xabc000000000 + ++created).toString(16).padStart(32, '0');
    const command = String(job['command']);
    const steps = fake.plans.get(command) ?? [{ status: 'complete', nodes: { succeeded: nodes } }];
    jobs.set(id, {
      brief: {
        id,
        command,
        run_timeout: job['run_timeout'] ?? 3600,
        created_at: 'Tue, 04 Sep 2012 23:01:02 GMT',
        updated_at: 'Tue, 04 Sep 2012 23:17:56 GMT',
        ...('user' in job ? { user: job['user'] } : {}),
        ...('dir' in job ? { dir: job['dir'] } : {}),
        ...('env' in job ? { env: job['env'] } : {}),
        ...('file' in job ? { file_specified: true } : {}),
        ...(job['capture_output'] === true ? { capture_output: true } : {}),
      },
      steps,
      reads: 0,
    });
    return { status: 201, body: { uri: `${root}${ORG}/pushy/jobs/${id}` } };
  }

  function search(method: string, path: string, body: Buffer): CannedAnswer {
    const query = new URL(path, root).searchParams;
    const q = query.get('q') ?? '';
    const names = fake.searches.get(q);
    if (names === undefined) return error(400, [`invalid search query: '${q}'`]);
    const start = Number(query.get('start') ?? '0');
    const rows = Number(query.get('rows') ?? '1000');
    const page = names.slice(start, start + rows);
    const asked = method === 'POST' ? (parse(body) as Record<string, string[]>) : undefined;
    const row = (name: string): unknown =>
      asked === undefined
        ? { name, chef_type: 'node', json_class: 'Chef::Node', run_list: [] }
        : {
            url: `${root}${ORG}/nodes/${name}`,
            data: Object.fromEntries(Object.keys(asked).map((key) => [key, name])),
          };
    return { status: 200, body: { total: names.length, start, rows: page.map(row) } };
  }

  return fake;
}

function brief(job: StoredJob): Record<string, unknown> {
  return { ...job.brief, status: stepOf(job).status };
}

function stepOf(job: StoredJob): JobStep {
  return job.steps[Math.min(job.reads, job.steps.length - 1)]!;
}

function error(status: number, text: string | string[]): CannedAnswer {
  return { status, body: { error: text } };
}

function headerRefusal(refusal: {
  reason: string;
  headers?: readonly string[];
  userId?: string;
}): CannedAnswer {
  switch (refusal.reason) {
    case 'missing': {
      const names = (refusal.headers ?? []).map((name) => `'${name}'`).join(', ');
      return error(400, [`missing required authentication header(s) ${names}`]);
    }
    case 'bad_timestamp':
      return error(401, ["bad header(s) 'X-Ops-Timestamp'"]);
    case 'clock_skew': {
      const who = String(refusal.userId);
      return error(401, [`Failed to authenticate as ${who}. Synchronize the clock on your host.`]);
    }
    default:
      return error(400, ['Unsupported authentication protocol version']);
  }
}

function parse(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch (cause) {
    return { notJson: String(cause) };
  }
}

function send(response: ServerResponse, answer: CannedAnswer): void {
  const { body, status } = answer;
  const raw = Buffer.isBuffer(body) || typeof body === 'string';
  const payload = body === undefined ? '' : raw ? body : JSON.stringify(body);
  response.writeHead(status, {
    'content-type': answer.contentType ?? 'application/json',
    'content-length': Buffer.byteLength(payload),
    ...(answer.location === undefined ? {} : { location: answer.location }),
  });
  response.end(payload);
}
