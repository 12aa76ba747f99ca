import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import fc from 'fast-check';
import { signRequest } from 'mixlib-authentication-ts';
import { systemClock } from '@pushy/server';
import type { FeedSource } from '../../../server/src/http/feed-writer.ts';
import { openFeeds, type OpenFeeds } from '../../../server/src/http/routes/feeds.ts';
import { SIGNERS, startApi, type TestApi } from '../../helpers/api.ts';
import { quietLog } from '../../helpers/logs.ts';
import { corpusOf, hostileBytes, hostileTextNear } from '../hostile.ts';
import { makeTarget, type FuzzTarget } from '../target.ts';

const ORG = '/organizations/acme/pushy';

interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** Whole requests over a real socket, most of them signed as they should be: paths, queries, headers, bodies. */
export async function requestsTarget(): Promise<FuzzTarget> {
  const api = await startApi({ feeds: endedFeeds() });
  api.jobs.set('a'.repeat(32), {
    id: 'a'.repeat(32),
    command: 'c',
    status: 'complete',
    quorum: 1,
    requester: 'alice',
    runTimeout: 1,
    createdAt: 0,
    updatedAt: 0,
    capture: false,
    nodes: { succeeded: ['web1'] },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  // A target without its slash is refused by Node's own parser, which closes the connection.
  const paths = corpusOf('path').map((text) => `/${printable(text.toString())}`);
  const path = hostileTextNear(paths).map((text) => `/${printable(text)}`);
  const query = hostileTextNear(corpusOf('query').map(String)).map(printable);
  const header = hostileTextNear(['application/json', '*/*', 'job-1', '1']).map(headerValue);
  const inputs = fc
    .record({
      method: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom('GET', 'POST') },
        fc.constantFrom('PUT', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PATCH'),
      ),
      path: fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...paths) }, path),
      query: fc.option(query, { freq: 2, nil: undefined }),
      headers: fc.dictionary(
        fc.constantFrom(
          ...['accept', 'content-type', 'last-event-id', 'x-forwarded-proto', 'x-forwarded-host'],
          ...['x-ops-server-api-version', 'x-ops-userid', 'x-ops-sign', 'host', 'expect'],
        ),
        header,
        { maxKeys: 3 },
      ),
      body: hostileBytes(corpusOf('job-body')),
    })
    .map(({ method, path, query, headers, body }): Sent => ({
      method,
      path: query === undefined ? path : `${path}?${query}`,
      headers: { 'content-type': 'application/json', ...headers },
      body: method === 'GET' || method === 'HEAD' ? Buffer.alloc(0) : body,
    }));
  const corpus = [
    ...paths,
    ...corpusOf('query').map((q) => `${ORG}/jobs?${printable(q.toString())}`),
  ];
  return makeTarget<Sent>({
    name: 'requests',
    // Each costs two RSA operations and a turn over the loopback.
    share: 2,
    inputs,
    corpus: corpus.flatMap((path) =>
      ['GET', 'POST'].map((method) => ({
        method,
        path,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(method === 'POST' ? '{"command":"c","nodes":["n"]}' : ''),
      })),
    ),
    check: (sent) => checkRequest(api, agent, sent),
    close: async () => {
      agent.destroy();
      await api.close();
    },
  });
}

/** Feeds of the organization that end at once: there is an answer to wait for. */
function endedFeeds(): OpenFeeds {
  const ended: FeedSource = {
    read: () => [],
    state: () => 'ended',
    onChange: () => undefined,
    close: () => undefined,
  };
  return openFeeds({
    feeds: { openJob: () => undefined, openOrg: () => ended, isOpen: () => true },
    clock: systemClock,
    log: quietLog,
    fraction: () => 0,
    keepAlive: 15_000,
    maxConnections: 10,
  });
}

async function checkRequest(api: TestApi, agent: Agent, sent: Sent): Promise<void> {
  api.started.length = 0;
  api.logged.length = 0;
  api.asked.length = 0;
  api.admitted.length = 0;
  const signed = signRequest(sent, SIGNERS.alice, Date.now());
  const { status, type, body } = await ask(api.port, agent, sent, {
    ...signed,
    ...sent.headers,
    // Node leaves it out where a method seldom has a body, and sends the body all the same.
    'content-length': String(sent.body.length),
  });
  const told = `${status} ${body.toString()}`;
  assert.ok(status >= 200 && (status < 500 || status === 501), told);
  assert.deepEqual(
    api.logged.filter(({ message }) => message !== 'request answered'),
    [],
  );
  if (type.includes('json') && sent.method !== 'HEAD') JSON.parse(body.toString());
  if (status === 201) assert.deepEqual(Object.keys(JSON.parse(body.toString()) as object), ['uri']);
  assert.equal(api.started.length, status === 201 ? 1 : 0);
}

function ask(
  port: number,
  agent: Agent,
  { method, path, body }: Sent,
  headers: Record<string, string>,
): Promise<{ status: number; type: string; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const req = request(
      { host: '127.0.0.1', port, method, path, headers, agent, timeout: 10_000 },
      (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('error', reject);
        res.on('end', () => {
          const type = res.headers['content-type'] ?? '';
          resolve({ status: res.statusCode ?? 0, type, body: Buffer.concat(chunks) });
        });
      },
    );
    req.on('timeout', () => req.destroy(new Error('no answer')));
    req.on('error', reject);
    req.end(body);
  });
}

/** What Node's own parser lets into a request line; it refuses the rest and closes the connection. */
function printable(text: string): string {
  return text.replace(/[^!-~]/g, '');
}

/** What Node lets into a header. */
function headerValue(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replace(/[^\t -~\u0080-\u00ff]/g, '');
}
