import assert from 'node:assert/strict';
import { Subscriber } from 'zeromq';
import { makeZmqContext } from '../../../../server/src/zmq/context.ts';
import {
  makeHeartbeatSocket,
  type HeartbeatSocket,
} from '../../../../server/src/zmq/heartbeat-socket.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';
import { makeLog } from '../../../helpers/logs.ts';

describe('heartbeat socket', () => {
  let socket: HeartbeatSocket;
  const subscribers: Subscriber[] = [];
  const log = makeLog();
  beforeEach(() => {
    socket = makeHeartbeatSocket({
      context: makeZmqContext(),
      clock: makeFakeClock(),
      log,
      count: () => undefined,
      maxConnections: 1000,
      guarded: false,
    });
  });
  afterEach(async () => {
    for (const subscriber of subscribers.splice(0)) subscriber.close();
    await socket.close();
    assert.deepEqual(log.lines, []);
  });
  const subscribe = (port: number, given = {}): Subscriber => {
    const subscriber = new Subscriber({ context: makeZmqContext(), linger: 0, ...given });
    subscribers.push(subscriber);
    subscriber.connect(`tcp://127.0.0.1:${port}`);
    subscriber.subscribe();
    return subscriber;
  };
  const beat = (text: string): void => {
    socket.publish([Buffer.from('header'), Buffer.from(text)]);
  };
  /** Beats until all have heard one: a subscription takes its time to arrive. */
  const untilHeard = async (all: Subscriber[]): Promise<string[][]> => {
    const heard = Promise.all(all.map((s) => s.receive()));
    const timer = setInterval(() => {
      beat('beat');
    }, 5);
    const messages = await heard;
    clearInterval(timer);
    return messages.map((frames) => frames.map(String));
  };

  it('REFERENCE 15.1 broadcasts both frames, unencrypted, to all who subscribe', async () => {
    const port = await socket.bind('tcp://127.0.0.1:0');
    assert.ok(port > 0);
    const all = [subscribe(port), subscribe(port)];
    assert.deepEqual(await untilHeard(all), [
      ['header', 'beat'],
      ['header', 'beat'],
    ]);
  });

  it('an agent that does not read misses heartbeats, and nobody else does', async () => {
    const port = await socket.bind('tcp://127.0.0.1:0');
    const [slow, quick] = [subscribe(port, { receiveHighWaterMark: 1 }), subscribe(port)];
    await untilHeard([slow, quick]);
    const big = 'x'.repeat(1_000_000);
    for (let i = 0; i < 100; i++) {
      beat(big);
      await quick.receive();
    }
  });

  it('loses nothing but the message when nobody listens, or when it is closed', async () => {
    await socket.bind('tcp://127.0.0.1:0');
    beat('to nobody');
    await socket.close();
    await socket.close();
    beat('too late');
  });

  it('says which address cannot be bound', async () => {
    await assert.rejects(
      socket.bind('tcp://256.0.0.1:1'),
      /cannot listen on tcp:\/\/256\.0\.0\.1:1/,
    );
  });
});
