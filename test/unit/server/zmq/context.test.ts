import assert from 'node:assert/strict';
import { makeZmqContext } from '../../../../server/src/zmq/context.ts';

describe('the ZeroMQ context', () => {
  it('ADDON B.4 has as many threads as zmq_io_processes says', () => {
    assert.equal(makeZmqContext(3).ioThreads, 3);
    assert.equal(makeZmqContext().ioThreads, 1);
  });
});
