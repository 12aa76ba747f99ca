import assert from 'node:assert/strict';
import { connect as connectTcp } from 'node:net';
import { curveKeyPair, Dealer } from 'zeromq';
import { systemClock } from '../../../../server/src/clock.ts';
import {
  COMMAND_DOMAIN,
  makeCommandSocket,
  type CommandSocketDeps,
} from '../../../../server/src/zmq/command-socket.ts';
import { makeZmqContext } from '../../../../server/src/zmq/context.ts';
import { decodeZ85 } from '../../../../server/src/zmq/z85.ts';
import { makeZap } from '../../../../server/src/zmq/zap.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';
import { until } from '../../../helpers/until.ts';
import { makeLog } from '../../../helpers/logs.ts';

type Received = [address: Buffer, frames: readonly Buffer[]];

/** A queue that a test waits on. */
function makeInbox(): { put(item: Received): void; next(): Promise<Received> } {
  const items: Received[] = [];
  let wake: (() => void) | undefined;
  return {
    put(item) {
      items.push(item);
      wake?.();
    },
    async next() {
      for (;;) {
        const item = items.shift();
        if (item !== undefined) return item;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

const HEADER = Buffer.from('header');
const bodyOf = (text: string): Buffer => Buffer.from(text);

describe('command socket', () => {
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  /** A server as the composition root makes it. */
  async function serve(given: Partial<CommandSocketDeps> = {}, zap = true) {
    const admitted = new Set<string>();
    const [context, log, clock, inbox] = [
      makeZmqContext(),
      makeLog(),
      makeFakeClock(),
      makeInbox(),
    ];
    const curve = curveKeyPair();
    if (zap) {
      const handler = makeZap({
        context,
        log,
        clock,
        count: () => undefined,
        doors: {
          [COMMAND_DOMAIN]: {
            allows: (key) => admitted.has(key.toString('hex')),
            isFull: () => socket.connections.isFull(),
            rate: { allows: () => true },
          },
        },
      });
      handler.start();
      closers.push(() => handler.close());
    }
    const onFrames = (address: Buffer, frames: readonly Buffer[]): void => {
      inbox.put([address, frames]);
    };
    const counted: string[] = [];
    const socket = makeCommandSocket({
      context,
      log,
      clock,
      curve,
      onFrames,
      maxConnections: 1000,
      count: (name) => counted.push(name),
      ...given,
    });
    closers.push(() => socket.close());
    const port = await socket.bind('tcp://127.0.0.1:0');
    const admit = (publicKey: string): unknown =>
      admitted.add(decodeZ85(publicKey)?.toString('hex') ?? '');
    return { socket, log, clock, inbox, curve, port, admit, context, counted };
  }

  /** An agent's end; with the server's key it speaks CURVE. */
  function dial(port: number, serverKey?: string, keys = curveKeyPair()): Dealer {
    const dealer = new Dealer({
      context: makeZmqContext(),
      linger: 0,
      reconnectInterval: 20,
      ...(serverKey !== undefined && {
        curveServerKey: serverKey,
        curvePublicKey: keys.publicKey,
        curveSecretKey: keys.secretKey,
      }),
    });
    closers.push(() => {
      dealer.close();
    });
    dealer.connect(`tcp://127.0.0.1:${port}`);
    return dealer;
  }

  /** Waits until libzmq says how the handshake of this agent ended. */
  async function handshake(dealer: Dealer): Promise<string> {
    for await (const event of dealer.events) {
      if (event.type.startsWith('handshake')) return event.type;
    }
    return 'closed';
  }

  it('REFERENCE 15.1 chooses a free port for port 0', async () => {
    const { port } = await serve();
    assert.ok(port > 0);
  });

  it('says which address cannot be bound', async () => {
    const { port } = await serve();
    const { socket } = await serve();
    await assert.rejects(
      socket.bind(`tcp://127.0.0.1:${port}`),
      new RegExp(`cannot listen on .*:${port}`),
    );
    await assert.rejects(socket.bind('nonsense'), /cannot listen on nonsense/);
  });

  it('REFERENCE 15.7 lets an agent with an admitted key in, both ways', async () => {
    const { socket, inbox, curve, port, admit } = await serve();
    const keys = curveKeyPair();
    admit(keys.publicKey);
    const dealer = dial(port, curve.publicKey, keys);
    await dealer.send([HEADER, bodyOf('up')]);
    const [address, frames] = await inbox.next();
    assert.equal(address.length, 5);
    assert.equal(address[0], 0);
    assert.deepEqual(frames, [HEADER, bodyOf('up')]);
    socket.send(address, [HEADER, bodyOf('down')]);
    assert.deepEqual(await dealer.receive(), [HEADER, bodyOf('down')]);
  });

  it('REFERENCE 15.7 refuses a key that was not admitted', async () => {
    const { curve, port, log } = await serve();
    const dealer = dial(port, curve.publicKey);
    assert.equal(await handshake(dealer), 'handshake:error:auth');
    assert.ok(log.lines.some(({ message }) => message.includes('not admitted')));
  });

  it('Z5 lets an agent in that was refused, once its key is admitted', async () => {
    const { inbox, curve, port, admit } = await serve();
    const keys = curveKeyPair();
    const refused = dial(port, curve.publicKey, keys);
    assert.equal(await handshake(refused), 'handshake:error:auth');
    admit(keys.publicKey);
    // A new socket: after a 400 libzmq 4.3 does not try again by itself.
    const again = dial(port, curve.publicKey, keys);
    await again.send([HEADER, bodyOf('hello')]);
    assert.equal((await inbox.next())[1][1]?.toString(), 'hello');
  });

  it('refuses an agent that does not speak CURVE', async () => {
    const { port } = await serve();
    const dealer = dial(port);
    assert.match(await handshake(dealer), /^handshake:error/);
  });

  it('REFERENCE 15.7 refuses everybody where no ZAP handler runs', async () => {
    const { curve, port, counted } = await serve({}, false);
    dial(port, curve.publicKey);
    // The connection may hang until its time is over: libzmq does not end it at once.
    await until(
      'the refusal',
      () => counted,
      (all) => all.includes('handshakes_failed') || undefined,
    );
  });

  it('disable_curve_encryption speaks plain and asks no ZAP handler', async () => {
    const context = makeZmqContext();
    const inbox = makeInbox();
    const socket = makeCommandSocket({
      context,
      log: makeLog(),
      clock: makeFakeClock(),
      maxConnections: 1000,
      count: () => undefined,
      onFrames: (...received) => {
        inbox.put(received);
      },
    });
    closers.push(() => socket.close());
    const port = await socket.bind('tcp://127.0.0.1:0');
    await dial(port).send([HEADER, bodyOf('plain')]);
    assert.equal((await inbox.next())[1][1]?.toString(), 'plain');
  });

  it('gives any number of frames on, and reads on when their handler throws', async () => {
    const inbox = makeInbox();
    let calls = 0;
    const { curve, port, admit, log } = await serve({
      onFrames(address, frames) {
        calls += 1;
        if (calls === 1) throw new Error('boom');
        inbox.put([address, frames]);
      },
    });
    const keys = curveKeyPair();
    admit(keys.publicKey);
    const dealer = dial(port, curve.publicKey, keys);
    for (const frames of [['x'], ['a'], ['a', 'b', 'c'], ['']]) await dealer.send(frames);
    const counts = [];
    for (let i = 0; i < 3; i++) counts.push((await inbox.next())[1].length);
    assert.deepEqual(counts, [1, 3, 1]);
    assert.deepEqual(log.lines.filter(({ level }) => level === 'error').length, 1);
  });

  it('a message to an address that nobody has is lost, with a line for the curious', async () => {
    const { socket, inbox, curve, port, admit, log } = await serve();
    socket.send(Buffer.from([0, 9, 9, 9, 9]), [HEADER, bodyOf('x')]);
    socket.send(Buffer.alloc(0), [HEADER, bodyOf('x')]);
    const keys = curveKeyPair();
    admit(keys.publicKey);
    const dealer = dial(port, curve.publicKey, keys);
    await dealer.send([HEADER, bodyOf('still alive')]);
    await inbox.next();
    assert.deepEqual(
      log.lines.map(({ level }) => level),
      ['debug', 'debug'],
    );
  });

  it('an agent that does not read fills its own queue alone; what is over is counted', async () => {
    const { socket, inbox, curve, port, admit, log, clock } = await serve({ highWaterMark: 10 });
    const [slow, quick] = [curveKeyPair(), curveKeyPair()];
    admit(slow.publicKey);
    admit(quick.publicKey);
    const slowDealer = new Dealer({
      context: makeZmqContext(),
      linger: 0,
      receiveHighWaterMark: 1,
      curveServerKey: curve.publicKey,
      curvePublicKey: slow.publicKey,
      curveSecretKey: slow.secretKey,
    });
    closers.push(() => {
      slowDealer.close();
    });
    slowDealer.connect(`tcp://127.0.0.1:${port}`);
    await slowDealer.send([HEADER, bodyOf('slow')]);
    const [slowAddress] = await inbox.next();
    const quickDealer = dial(port, curve.publicKey, quick);
    await quickDealer.send([HEADER, bodyOf('quick')]);
    const [quickAddress] = await inbox.next();
    const big = Buffer.alloc(60_000);
    for (let i = 0; i < 2_000; i++) socket.send(slowAddress, [HEADER, big]);
    socket.send(quickAddress, [HEADER, bodyOf('there you are')]);
    assert.equal((await quickDealer.receive())[1]?.toString(), 'there you are');
    await clock.advance(10_000);
    const warnings = log.lines.filter(({ level }) => level === 'warn');
    assert.equal(warnings.length, 2);
    const { total } = warnings[1]?.fields as { total: number };
    assert.ok(total > 1_000, `${total} were dropped`);
  });

  it('REFERENCE 15.4 gives a body on that is somewhat too long, and cuts off one that is absurd', async () => {
    const { inbox, curve, port, admit } = await serve({ maxBodySize: 10_000 });
    const keys = curveKeyPair();
    admit(keys.publicKey);
    const dealer = dial(port, curve.publicKey, keys);
    await dealer.send([HEADER, Buffer.alloc(10_001)]);
    assert.equal((await inbox.next())[1][1]?.length, 10_001);
    const cut = (async () => {
      for await (const event of dealer.events) if (event.type === 'disconnect') return;
    })();
    await dealer.send([HEADER, Buffer.alloc(100_000)]);
    await cut;
    await dealer.send([HEADER, bodyOf('back again')]);
    assert.equal((await inbox.next())[1][1]?.toString(), 'back again');
  });

  it('14 says whether messages have come that were not read yet, and reads them nonetheless', async () => {
    const { socket, inbox, curve, port, admit } = await serve();
    const keys = curveKeyPair();
    admit(keys.publicKey);
    const dealer = dial(port, curve.publicKey, keys);
    await dealer.send([HEADER, bodyOf('first')]);
    await inbox.next();
    assert.equal(socket.isBehind(), false);
    await dealer.send([HEADER, bodyOf('second')]);
    // libzmq's own threads go on, and the reader cannot.
    const end = Date.now() + 10_000;
    while (!socket.isBehind()) assert.ok(Date.now() < end, 'the second message did not come');
    assert.equal((await inbox.next())[1][1]?.toString(), 'second');
    assert.equal(socket.isBehind(), false);
  });

  it('is not disturbed by a peer that speaks no ZeroMQ', async () => {
    const { inbox, curve, port, admit } = await serve();
    const peer = connectTcp(port, '127.0.0.1');
    peer.resume();
    // It may be cut off by a reset.
    peer.on('error', () => undefined);
    peer.write('GET / HTTP/1.1\r\n\r\n'.repeat(100));
    await new Promise<void>((resolve) =>
      peer.once('close', () => {
        resolve();
      }),
    );
    const keys = curveKeyPair();
    admit(keys.publicKey);
    await dial(port, curve.publicKey, keys).send([HEADER, bodyOf('fine')]);
    await inbox.next();
  });

  it('counts connections, those that only hang too, and tells whoever is too many to come later', async () => {
    const { socket, curve, port, admit, inbox, log, counted } = await serve({
      maxConnections: 3,
      clock: systemClock,
    });
    const { connections } = socket;
    const openIs = (wanted: number): Promise<true> =>
      until(
        `${wanted} connections`,
        () => connections.open(),
        (n) => n === wanted || undefined,
      );
    const keys = curveKeyPair();
    admit(keys.publicKey);
    const first = dial(port, curve.publicKey, keys);
    await first.send([HEADER, bodyOf('first')]);
    await inbox.next();
    const hanging = Array.from({ length: 3 }, () => connectTcp(port, '127.0.0.1'));
    await openIs(4);
    assert.equal(connections.isFull(), true);
    const late = dial(port, curve.publicKey, keys);
    await late.send([HEADER, bodyOf('late')]);
    await until(
      'the refusal',
      () => counted,
      (all) => all.includes('handshakes_failed') || undefined,
    );
    assert.ok(log.lines.some(({ message }) => message === 'connections were told to come later'));
    await first.send([HEADER, bodyOf('still there')]);
    assert.equal((await inbox.next())[1][1]?.toString(), 'still there');
    for (const socket of hanging) socket.destroy();
    late.close();
    await openIs(1);
    first.close();
    await openIs(0);
  });

  it('serves as several servers in one process, each with its own keys and admissions', async () => {
    const [one, two] = [await serve(), await serve()];
    const keys = curveKeyPair();
    one.admit(keys.publicKey);
    await dial(one.port, one.curve.publicKey, keys).send([HEADER, bodyOf('to one')]);
    assert.equal((await one.inbox.next())[1][1]?.toString(), 'to one');
    assert.equal(
      await handshake(dial(two.port, two.curve.publicKey, keys)),
      'handshake:error:auth',
    );
  });

  it('survives that many agents come and go while it starts and ends', async () => {
    for (let round = 0; round < 20; round++) {
      const { socket, curve, port, admit, inbox } = await serve();
      const keys = curveKeyPair();
      admit(keys.publicKey);
      const dealers = Array.from({ length: 10 }, () => dial(port, curve.publicKey, keys));
      for (const dealer of dealers) await dealer.send([HEADER, bodyOf('hello')]);
      for (let i = 0; i < dealers.length; i++) await inbox.next();
      for (const dealer of dealers) dealer.close();
      await socket.close();
    }
  });

  it('ends when it is closed, any number of times', async () => {
    const first = await serve();
    await first.socket.close();
    await first.socket.close();
    first.socket.send(Buffer.from([0, 1, 2, 3, 4]), [HEADER, bodyOf('too late')]);
  });
});
