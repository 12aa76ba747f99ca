import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { systemClock } from '../../../../server/src/clock.ts';
import { makeDrain, type Drain } from '../../../../server/src/http/drain.ts';
import { startApi, type TestApi } from '../../../helpers/api.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';

describe('an API that comes to its end', () => {
  let api: TestApi;
  let server: Server;
  let ending: Drain;
  const clock = makeFakeClock();

  const start = async (timer: Pick<typeof clock, 'after'> = systemClock): Promise<void> => {
    api = await startApi({}, (app) => {
      server = app.server;
      ending = makeDrain(app, timer);
    });
  };
  afterEach(() => api.close());

  /** A connection of its own that has said this much. */
  const say = async (text: string): Promise<Socket> => {
    const socket = connect(api.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(text);
    return socket;
  };
  const heard = async (socket: Socket): Promise<string> => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'close');
    return Buffer.concat(chunks).toString();
  };

  it('answers what it began and refuses what is new with 503, Retry-After and the end of the connection', async () => {
    await start();
    let goOn: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      api.world.starter.start = () => {
        resolve();
        return new Promise((done) => {
          goOn = done;
        });
      };
    });
    const slow = api.post({ command: 'x', nodes: ['a'] });
    await begun;
    const late = await say('POST /organizations/acme/pushy/jobs HTTP/1.1\r\nHost: x\r\n');
    const idle = await say('GET /pushy/_status HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(idle, 'data');

    const drained = ending.drain([server]);
    assert.equal(await heard(idle), '', 'a connection that waits is closed');
    await assert.rejects(api.send({ path: '/pushy/_status' }), { code: 'ECONNREFUSED' });
    late.write('Content-Length: 0\r\n\r\n');
    const refused = await heard(late);
    assert.match(refused, /^HTTP\/1\.1 503 /);
    assert.match(refused, /^retry-after: 5\r$/im);
    assert.match(refused, /^connection: close\r$/im);
    assert.match(refused, /\{"error":\["The server is stopping\."\]\}$/);

    goOn();
    const answer = await slow;
    assert.deepEqual([answer.status, answer.headers.connection], [201, 'close']);
    await drained;
  });

  it('does not wait for ever for who does not end his request', async () => {
    await start(clock);
    const slow = await say('GET /pushy/_status HTTP/1.1\r\nHost: x\r\n');
    // The server has seen it when it answers who came after it.
    await api.send({ path: '/pushy/_status' });
    let over = false;
    const drained = ending.drain([server]).then(() => {
      over = true;
    });
    await clock.advance(9_999);
    assert.equal(over, false);
    await clock.advance(1);
    await drained;
    slow.destroy();
  });

  it('is as ever before it is asked to end', async () => {
    await start();
    const { status } = await api.post({ command: 'x', nodes: ['a'] });
    assert.equal(status, 201);
  });
});
