import assert from 'node:assert/strict';
import { Context, Request } from 'zeromq';
import { makeZmqContext, type ZmqContext } from '../../../../server/src/zmq/context.ts';
import { makeZap, type Zap, type ZapDeps } from '../../../../server/src/zmq/zap.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';
import { makeLog } from '../../../helpers/logs.ts';
import { until } from '../../../helpers/until.ts';

const ADDRESS = 'inproc://zeromq.zap.01';
const ADMITTED = Buffer.alloc(32, 7);

describe('ZAP handler', () => {
  let context: ZmqContext;
  let zap: Zap;
  let asker: Request;
  const clock = makeFakeClock();
  const log = makeLog();
  const counted: string[] = [];
  let full = false;
  let often = false;
  const door = { isFull: () => full, rate: { allows: () => !often } };
  const deps = (): ZapDeps => ({
    context,
    clock,
    log,
    count: (name) => counted.push(name),
    doors: {
      commands: { ...door, allows: (key) => key.equals(ADMITTED) },
      heartbeats: door,
    },
  });
  beforeEach(() => {
    [full, often] = [false, false];
    log.lines.length = 0;
    counted.length = 0;
  });
  beforeEach(() => {
    context = makeZmqContext();
    zap = makeZap(deps());
    zap.start();
    asker = new Request({ context, linger: 0 });
    asker.connect(ADDRESS);
  });
  afterEach(async () => {
    asker.close();
    await zap.close();
  });

  const ask = async (frames: (Buffer | string)[]): Promise<string[]> => {
    await asker.send(frames);
    return (await asker.receive()).map((frame) => frame.toString('latin1'));
  };
  const request = (mechanism: string, ...credentials: (Buffer | string)[]): (Buffer | string)[] => [
    '1.0',
    'id 1',
    'commands',
    '10.0.0.1',
    '',
    mechanism,
    ...credentials,
  ];

  it('REFERENCE 15.7 answers 200 for an admitted key: no text, no user, no metadata', async () => {
    const answer = await ask(request('CURVE', ADMITTED));
    assert.deepEqual(answer, ['1.0', 'id 1', '200', '', '', '']);
  });

  it('REFERENCE 15.7 answers 400 No such client for any other key', async () => {
    const refused = ['1.0', 'id 1', '400', 'No such client', '', ''];
    assert.deepEqual(await ask(request('CURVE', Buffer.alloc(32))), refused);
    assert.deepEqual(await ask(request('CURVE', Buffer.alloc(31, 7))), refused);
    assert.deepEqual(await ask(request('CURVE')), refused);
    assert.deepEqual(await ask(request('CURVE', ADMITTED, 'more')), refused);
  });

  it('REFERENCE 15.7 answers 400 for every other mechanism', async () => {
    for (const mechanism of ['NULL', 'PLAIN', 'GSSAPI', 'curve', '']) {
      const [, , status, text] = await ask(request(mechanism, ADMITTED));
      assert.deepEqual([status, text], ['400', 'Unknown mechanism']);
    }
  });

  it('asks no key where nothing is encrypted, and knows no other socket', async () => {
    const plain = ['1.0', 'id 1', 'heartbeats', '10.0.0.1', '', 'NULL'];
    assert.deepEqual(await ask(plain), ['1.0', 'id 1', '200', '', '', '']);
    assert.equal((await ask(plain.with(5, 'CURVE')))[2], '400');
    for (const domain of ['', 'pushy', 'toString']) {
      assert.deepEqual((await ask(plain.with(2, domain))).slice(2, 4), ['400', 'Bad request']);
    }
  });

  it('tells whoever finds no room to come later (300), counts it, says so once', async () => {
    full = true;
    for (let i = 0; i < 3; i++) {
      const [, , status, text] = await ask(request('CURVE', ADMITTED));
      assert.deepEqual([status, text], ['300', 'Too many connections']);
    }
    assert.equal((await ask(request('CURVE', Buffer.alloc(32))))[2], '400');
    const lines = log.lines.filter(({ level }) => level === 'warn');
    assert.deepEqual(lines, [
      {
        level: 'warn',
        fields: { dropped: 1, total: 1, peer: '10.0.0.1', reason: 'Too many connections' },
        message: 'connections were told to come later',
      },
    ]);
    assert.deepEqual(counted, [
      'handshakes_postponed_full',
      'handshakes_postponed_full',
      'handshakes_postponed_full',
      'handshakes_refused_key',
    ]);
  });

  it('tells whoever comes too often to come later (300)', async () => {
    often = true;
    const [, , status, text] = await ask(request('CURVE', ADMITTED));
    assert.deepEqual([status, text], ['300', 'Too many handshakes']);
    assert.deepEqual(counted, ['handshakes_postponed_rate']);
  });

  it('goes on after 500 malformed requests', async () => {
    const bad: (Buffer | string)[][] = [
      [''],
      ['1.0'],
      ['2.0', 'id', '', '', '', 'CURVE', ADMITTED],
      ['1.0', 'id', 'commands', '', ''],
      ['1.0', 'id', '', '', ''],
      [Buffer.alloc(100_000, 0xff)],
      Array.from({ length: 50 }, () => '1.0'),
    ];
    for (let i = 0; i < 500; i++) {
      const [version, , status] = await ask(bad[i % bad.length] ?? ['']);
      assert.deepEqual([version, status], ['1.0', '400']);
    }
    assert.equal((await ask(request('CURVE', ADMITTED)))[2], '200');
  });

  it('is the only one of its context', async () => {
    const second = makeZap(deps());
    assert.throws(() => {
      second.start();
    }, /in use/);
    await second.close();
  });

  it('ends though somebody asks at that very moment', async () => {
    const admitted = request('CURVE', ADMITTED);
    await ask(admitted);
    const asking = asker.send(admitted);
    await zap.close();
    await asking;
  });

  it('lets the queues of those that asked go after some hundred answers, and answers on', async () => {
    const admitted = request('CURVE', ADMITTED);
    for (let i = 0; i < 500; i++) assert.equal((await ask(admitted))[2], '200');
    // Another one has the address; who asked the first still has its answer.
    const second = new Request({ context, linger: 0 });
    second.connect(ADDRESS);
    const askSecond = async (): Promise<string | undefined> => {
      await second.send(admitted);
      return (await second.receive())[2]?.toString();
    };
    assert.equal(await askSecond(), '200');
    // A server that was held up for long has not read all that waits for the first one.
    await clock.advance(500);
    assert.equal((await ask(admitted))[2], '200');
    await clock.advance(500);
    assert.equal((await ask(admitted))[2], '200');
    await clock.advance(500);
    assert.equal((await ask(admitted))[2], '200');
    await clock.advance(1000);
    // The first one is gone, with all that stood between it and others; the second one stays.
    await until(
      'the end',
      () => asker.writable,
      (canSend) => !canSend || undefined,
    );
    assert.equal(await askSecond(), '200');
    second.close();
  });

  it('keeps its socket where it cannot have another one', async () => {
    const small = new Context({ blocky: false, maxSockets: 2 });
    const kept = makeZap({ ...deps(), context: small });
    kept.start();
    const only = new Request({ context: small, linger: 0 });
    only.connect(ADDRESS);
    for (let i = 0; i < 501; i++) {
      await only.send(request('CURVE', ADMITTED));
      assert.equal((await only.receive())[2]?.toString(), '200');
    }
    assert.deepEqual(
      log.lines.map(({ message }) => message),
      ['the ZAP handler keeps its socket'],
    );
    only.close();
    await kept.close();
  });
});
