import assert from 'node:assert/strict';
import { Dealer, Router } from 'zeromq';
import { makeZmqContext, threadsFor } from '../../../../server/src/zmq/context.ts';

describe('context of the sockets', () => {
  it('lets a message that is kept hold no more memory than its own', async () => {
    const context = makeZmqContext();
    const router = new Router({ context, linger: 0 });
    const dealer = new Dealer({ context, linger: 0 });
    try {
      router.bindSync('tcp://127.0.0.1:*');
      dealer.connect(router.lastEndpoint ?? '');
      const kept: Buffer[][] = [];
      const before = process.memoryUsage.rss();
      // One at a time: what comes at once is read at once.
      for (let i = 0; i < 4_000; i += 1) {
        await dealer.send(Buffer.alloc(300));
        kept.push(await router.receive());
      }
      const megabytes = (process.memoryUsage.rss() - before) / 1024 ** 2;
      assert.equal(kept.length, 4_000);
      // 4,000 pieces of 8 KB would be over 31.
      assert.ok(megabytes < 20, `${megabytes.toFixed(1)} MB`);
    } finally {
      dealer.close();
      router.close();
    }
  });

  it('serves commands on other threads than broadcasts', () => {
    for (const ioThreads of [1, 2, 8]) {
      const context = makeZmqContext(ioThreads);
      assert.equal(context.ioThreads, ioThreads + 1);
      const [broadcasts, commands] = (['broadcasts', 'commands'] as const).map(
        (what) => threadsFor(what, context).affinity,
      );
      assert.equal((broadcasts ?? 0) & (commands ?? 0), 0);
      assert.equal((broadcasts ?? 0) | (commands ?? 0), 2 ** (ioThreads + 1) - 1);
    }
    // Too many for a mask.
    assert.deepEqual(threadsFor('commands', { ioThreads: 65 }), {});
  });
});
