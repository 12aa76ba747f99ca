import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Publisher, Subscriber } from 'zeromq';
import {
  holdSocket,
  type HeldSocket,
  type SocketEvent,
} from '../../../../client/src/link/held-socket.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';

const intervalMs = 200;

describe('a socket that is kept connected (Decision 9)', () => {
  let held: HeldSocket<Subscriber> | undefined;
  const events: SocketEvent['kind'][] = [];
  const heard: number[] = [];
  const ends: (() => void)[] = [];
  let isOver = false;
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo() && !isOver) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  beforeEach(() => {
    isOver = false;
  });
  afterEach(() => {
    isOver = true;
    held?.close();
    for (const end of ends.splice(0)) end();
    events.length = 0;
    heard.length = 0;
  });

  function hold(address: string, base = makeFakeClock()): HeldSocket<Subscriber> {
    held = holdSocket<Subscriber>({
      make: () => {
        const socket = new Subscriber({ linger: 0, reconnectInterval: 20, maxMessageSize: 1000 });
        socket.subscribe();
        return socket;
      },
      read: (socket) => {
        void (async () => {
          for await (const [frame] of socket) {
            heard.push(frame?.length ?? 0);
          }
        })();
      },
      address,
      intervalMs,
      shakesHands: true,
      tell: ({ kind }) => {
        events.push(kind);
      },
      clock: { ...base, elapsed: () => base.now() },
      random: () => 0,
      retryMs: () => 1,
    });
    return held;
  }

  it('is opened anew after bytes in its midst that libzmq cannot read', async () => {
    const publisher = new Publisher();
    ends.push(() => {
      publisher.close();
    });
    await publisher.bind('tcp://127.0.0.1:0');
    const socket = hold(publisher.lastEndpoint ?? '');
    await until(() => events.includes('connected'));
    // A publisher learns of its subscriber a moment later.
    const saying = setInterval(() => void publisher.send(Buffer.alloc(5)), 10);
    ends.push(() => {
      clearInterval(saying);
    });
    await until(() => heard.length > 0);
    await publisher.send(Buffer.alloc(1001));
    await until(() => events.includes('lost'));
    socket.renew();
    heard.length = 0;
    await until(() => heard.length > 0);
    assert.deepEqual(events, ['connected', 'lost', 'connected']);
  });

  it('does not take what swallows everything for a crowded server for ever', async () => {
    const swallowed: Socket[] = [];
    const server = createServer((socket) => {
      swallowed.push(socket);
      socket.on('error', () => undefined);
    });
    ends.push(() => {
      for (const socket of swallowed) socket.destroy();
      server.close();
    });
    const listen = (port: number) =>
      new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    await listen(0);
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const clock = makeFakeClock();
    const socket = hold(`tcp://127.0.0.1:${port}`, clock);
    await new Promise<void>((resolve) => {
      socket.current.events.on('close', () => {
        resolve();
      });
    });
    await listen(port);
    for (let late = 0; late < 5; late++) {
      await until(() => swallowed.length > late && clock.waiting() > 0);
      const { length } = events;
      await clock.advance(30_001);
      await until(() => events.length > length);
    }
    assert.equal(events.filter((kind) => kind === 'reached').length, 3);
    assert.equal(events.filter((kind) => kind === 'refused').length, 5);
  });

  it('does not take what ends every connection at once for a crowded server for ever', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.destroy();
    });
    ends.push(() => {
      server.close();
    });
    const listen = (port: number) =>
      new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    await listen(0);
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const socket = hold(`tcp://127.0.0.1:${port}`);
    await new Promise<void>((resolve) => {
      socket.current.events.on('close', () => {
        resolve();
      });
    });
    await listen(port);
    const count = (kind: SocketEvent['kind']): number => events.filter((k) => k === kind).length;
    await until(() => count('refused') >= 6);
    assert.equal(count('reached'), 3);
  });
});
