import assert from 'node:assert/strict';
import { makeOutage, type Probe } from '../../../../client/src/link/outage.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';

const heartbeat = { out_addr: 'tcp://push.test:10000', command_addr: 'tcp://push.test:10002' };

function failing(code: string): () => Promise<never> {
  return () => Promise.reject(Object.assign(new Error('no'), { code }));
}
const fine: Probe = {
  lookUp: () => Promise.resolve('127.0.0.1'),
  connect: () => Promise.resolve(),
};

function setUp(probe: Partial<Probe>) {
  const base = makeFakeClock();
  const clock = { ...base, elapsed: () => base.now() };
  const end = new AbortController();
  const now: Probe = { ...fine, ...probe };
  const said: unknown[] = [];
  const log = {
    debug: () => undefined,
    warn: (fields: object, message: string) => {
      assert.equal(message, 'the Push Jobs server is not heard');
      assert.match(JSON.stringify(fields), /pushy-client doctor/);
      said.push((fields as { why?: unknown }).why);
    },
  };
  const outage = makeOutage({
    clock,
    log,
    probe: {
      lookUp: (host) => now.lookUp(host),
      connect: (...to) => now.connect(...to),
    },
    signal: end.signal,
  });
  outage.use(heartbeat);
  return {
    outage,
    clock,
    end,
    said,
    become: (other: Partial<Probe>) => Object.assign(now, fine, other),
    /** Silent, once every ten seconds. */
    silent: async (seconds: number) => {
      for (let t = 0; t < seconds; t += 10) {
        outage.silent();
        await clock.advance(10_000);
      }
    },
  };
}

describe('why nothing is heard of the server', () => {
  it('is said with the name that cannot be resolved, once for both ports', async () => {
    const { silent, said } = setUp({ lookUp: failing('ENOTFOUND') });
    await silent(60);
    assert.deepEqual(said, ['the name push.test cannot be resolved (ENOTFOUND)']);
  });

  it('is said for each port that refuses, is not reached, or takes connections and is silent', async () => {
    const { silent, said, become } = setUp({ connect: failing('ECONNREFUSED') });
    await silent(10);
    become({
      connect: (_host, port) =>
        port === 10_000 ? failing('EHOSTUNREACH')() : fine.connect('', 0, AbortSignal.abort()),
    });
    await silent(10);
    assert.deepEqual(said, [
      'push.test:10000: connection refused: nothing listens there; push.test:10002: connection refused: nothing listens there',
      'push.test:10000: no route to the host; push.test:10002 takes connections, and is silent',
    ]);
  });

  it('is said again when it is something else, and every five minutes', async () => {
    const { silent, said, become, outage } = setUp({ lookUp: failing('EAI_AGAIN') });
    await silent(290);
    assert.equal(said.length, 1);
    await silent(20);
    assert.equal(said.length, 2);
    become({ lookUp: failing('ENOTFOUND') });
    await silent(20);
    assert.equal(said.length, 3);
    outage.heard();
    await silent(10);
    assert.equal(said.length, 4);
  });

  it('is looked for with a deadline, and once in ten seconds', async () => {
    let looks = 0;
    const lookUp = () => {
      looks += 1;
      return new Promise<string>(() => undefined);
    };
    const { outage, clock, said } = setUp({ lookUp });
    outage.silent();
    outage.silent();
    await clock.advance(9000);
    outage.silent();
    await clock.advance(1000);
    assert.equal(looks, 2);
    assert.deepEqual(said, ['the name push.test cannot be resolved (no answer within 5 s)']);
  });

  it('is not said any more when the server is heard, nor by an agent that ends', async () => {
    const { outage, clock, said, end } = setUp({ lookUp: () => new Promise(() => undefined) });
    outage.silent();
    await clock.advance(3000);
    outage.heard();
    await clock.advance(10_000);
    outage.silent();
    end.abort();
    await clock.advance(10_000);
    assert.deepEqual([said, clock.waiting()], [[], 0]);
  });

  it('is not looked for while the host of the server answers: it is busy with all its nodes', async () => {
    const { outage, clock, said } = setUp({});
    outage.reached();
    await clock.advance(9000);
    outage.silent();
    await clock.advance(2000);
    assert.deepEqual(said, []);
    outage.silent();
    await clock.advance(1);
    assert.equal(said.length, 1);
  });
});
