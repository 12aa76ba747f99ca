import assert from 'node:assert/strict';
import { Request } from 'zeromq';
import { makeZmqContext } from '../../../../server/src/zmq/context.ts';
import { makeZap, type Zap } from '../../../../server/src/zmq/zap.ts';
import { makeLog } from '../../../helpers/logs.ts';

const ADMITTED = Buffer.alloc(32, 7);

describe('ZAP handler', () => {
  const context = makeZmqContext();
  let zap: Zap;
  let asker: Request;
  before(async () => {
    zap = makeZap({ context, log: makeLog(), allows: (key) => key.equals(ADMITTED) });
    await zap.start();
    asker = new Request({ context, linger: 0 });
    asker.connect('inproc://zeromq.zap.01');
  });
  after(async () => {
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
    'pushy',
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

  it('goes on after 500 malformed requests', async () => {
    const bad: (Buffer | string)[][] = [
      [''],
      ['1.0'],
      ['2.0', 'id', '', '', '', 'CURVE', ADMITTED],
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
    const second = makeZap({ context, log: makeLog(), allows: () => true });
    await assert.rejects(second.start(), { code: 'EADDRINUSE' });
    await second.close();
  });
});
