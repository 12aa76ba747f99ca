import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { systemClock } from '../../../../server/src/clock.ts';
import { startApi, type TestApi } from '../../../helpers/api.ts';
import { quietLog } from '../../../helpers/logs.ts';
import { until } from '../../../helpers/until.ts';

const JOBS = '/organizations/acme/pushy/jobs';

describe('the bounds of the API', () => {
  let api: TestApi;
  let counted: string[];
  let sockets: Socket[];
  let connections: () => Promise<number>;
  beforeEach(async () => {
    counted = [];
    sockets = [];
    const bounds = {
      clock: systemClock,
      log: quietLog,
      count: (name: string) => counted.push(name),
      maxConnections: 1000,
    };
    api = await startApi({ bounds }, (app) => {
      connections = () =>
        new Promise((resolve, reject) => {
          app.server.getConnections((error, count) => {
            if (error) reject(error);
            else resolve(count);
          });
        });
    });
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await api.close();
  });

  /** Clients that send all headers that a request needs, and of its body the first byte. */
  async function hang(count: number): Promise<Socket[]> {
    const head = [
      `POST ${JOBS} HTTP/1.1`,
      'Host: x',
      'X-Ops-UserId: nobody',
      `X-Ops-Timestamp: ${new Date().toISOString().replace(/\.\d+/, '')}`,
      'X-Ops-Sign: version=1.1',
      'X-Ops-Content-Hash: x',
      'Content-Length: 1000',
    ];
    const hanging = await Promise.all(
      Array.from({ length: count }, async () => {
        const socket = connect(api.port, '127.0.0.1');
        sockets.push(socket);
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        socket.write(`${head.join('\r\n')}\r\n\r\n{`);
        return socket;
      }),
    );
    return hanging;
  }

  it('clients that hang in the middle of a body keep nobody from being answered', async () => {
    await hang(120);
    await until('the connections', connections, (n) => n >= 120 || undefined);
    assert.equal((await api.as('alice', { path: JOBS })).status, 200);
    assert.equal((await api.post({ command: 'c', nodes: ['n'] })).status, 201);
    assert.deepEqual(counted, []);
  });

  it('whose body began first is cut off when too many come', async () => {
    const [first] = await hang(1);
    assert.ok(first);
    let said = '';
    first.on('data', (data: Buffer) => (said += data.toString()));
    const ended = once(first, 'close');
    await hang(200);
    await ended;
    assert.match(said, /^HTTP\/1\.1 503 /);
    assert.match(said, /connection: close/i);
    assert.match(
      said,
      /\{"error":\["The server is busy: the body of this request came too slowly\."\]\}$/,
    );
    assert.equal((await api.post({ command: 'c', nodes: ['n'] })).status, 201);
    assert.ok(counted.includes('http_requests_refused'));
  });
});
