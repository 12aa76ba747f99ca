import assert from 'node:assert/strict';
import { runScans } from '../../../../server/src/dispatcher/scans.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';

function setUp(heartbeatInterval = 1000, detectOfflineNodesInterval = 4) {
  const clock = makeFakeClock(0);
  const scans: number[] = [];
  const held: number[] = [];
  const socket = { isBehind: false };
  const end = runScans({
    settings: { heartbeatInterval, detectOfflineNodesInterval },
    clock: {
      ...clock,
      // As timers of Node do, which do not wait at all for longer than that.
      after: (ms, action) => clock.after(ms < 2 ** 31 ? ms : 1, action),
    },
    log: {
      debug: () => undefined,
      info: () => undefined,
      warn: (fields) => held.push((fields as { late?: number }).late ?? 0),
      error: () => undefined,
    },
    isBehind: () => socket.isBehind,
    scan: (now) => scans.push(now),
  });
  return { clock, scans, held, socket, end };
}

describe('scans for silent nodes (REFERENCE 14)', () => {
  it('14 come every detect_offline_nodes_interval heartbeat intervals', async () => {
    const { clock, scans, end } = setUp();
    await clock.advance(12_000);
    assert.deepEqual(scans, [4000, 8000, 12_000]);
    end();
    await clock.advance(12_000);
    assert.equal(scans.length, 3);
    assert.equal(clock.waiting(), 0);
  });

  it('wait for more than a timer can, where the settings say so', async () => {
    const { clock, scans, end } = setUp(3_600_000, 1000);
    await clock.advance(3_599_999_999);
    assert.deepEqual(scans, []);
    await clock.advance(1);
    assert.deepEqual(scans, [3_600_000_000]);
    end();
  });

  it('let waiting heartbeats in first when the whole server was held up', async () => {
    const { clock, scans, held, end } = setUp();
    clock.freeze(9000);
    await clock.advance(999);
    assert.deepEqual([scans, held], [[], [5000]]);
    await clock.advance(1);
    assert.deepEqual(scans, [10_000]);
    end();
  });

  it('wait until all that has come is read, so that no unread heartbeat counts as silence', async () => {
    const { clock, scans, socket, end } = setUp();
    socket.isBehind = true;
    await clock.advance(6000);
    assert.deepEqual(scans, []);
    socket.isBehind = false;
    await clock.advance(50);
    assert.deepEqual(scans, [6050]);
    await clock.advance(4000);
    assert.deepEqual(scans, [6050, 10_050]);
    end();
    assert.equal(clock.waiting(), 0);
  });

  it('come after a minute of intervals when the server is always behind, and it says so', async () => {
    const { clock, scans, held, socket, end } = setUp();
    socket.isBehind = true;
    await clock.advance(63_999);
    assert.deepEqual([scans, held], [[], []]);
    await clock.advance(1);
    assert.deepEqual([scans, held], [[64_000], [0]]);
    end();
    assert.equal(clock.waiting(), 0);
  });
});
