import assert from 'node:assert/strict';
import { makeHandshakeRate } from '../../../../server/src/zmq/handshake-rate.ts';

const key = (n: number): Buffer => {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt32BE(n);
  return bytes;
};

describe('handshakes per second', () => {
  it('bounds one key: 20 at once, then one a second; nobody else waits for it', () => {
    const rate = makeHandshakeRate();
    let allowed = 0;
    for (let i = 0; i < 1000; i++) if (rate.allows('10.0.0.1', key(1), 0)) allowed += 1;
    assert.equal(allowed, 20);
    assert.equal(rate.allows('10.0.0.1', key(1), 1000), true);
    assert.equal(rate.allows('10.0.0.1', key(1), 1000), false);
    assert.equal(rate.allows('10.0.0.1', key(2), 1000), true);
  });

  it('lets a site of 15,000 nodes behind one address come back at once, and bounds it there', () => {
    const rate = makeHandshakeRate();
    let allowed = 0;
    for (let i = 0; i < 20_000; i++) if (rate.allows('10.0.0.1', key(i), 0)) allowed += 1;
    assert.equal(allowed, 15_000);
    assert.equal(rate.allows('10.0.0.2', key(99_999), 0), true);
    assert.equal(rate.allows('10.0.0.1', key(88_888), 1), true);
    assert.equal(rate.allows('10.0.0.1', key(77_777), 1), false);
  });

  it('bounds all addresses together', () => {
    const rate = makeHandshakeRate();
    let allowed = 0;
    for (let i = 0; i < 40_000; i++)
      if (rate.allows(`10.0.0.${i % 200}`, undefined, 0)) allowed += 1;
    assert.equal(allowed, 30_000);
    assert.equal(rate.allows('10.0.1.1', undefined, 1), true);
  });
});
