import { Context } from 'zeromq';

export type ZmqContext = Context;

/** libzmq's `ZMQ_ZERO_COPY_RECV`, for which zeromq.js has no name. */
const ZERO_COPY_RECV = 10;

/**
 * What is received is copied. Without that libzmq hands out parts of the 8 KB that it reads a connection into, so that
 * each short message holds all of them until its buffer is collected: a quarter of the memory of a server with many nodes.
 */
class CopyingContext extends Context {
  constructor(options: Readonly<{ blocky: boolean; ioThreads: number }>) {
    super(options);
    this.setBoolOption(ZERO_COPY_RECV, false);
  }
}

/**
 * The world of one server's sockets. Its command socket asks the ZAP handler of the same context, so each server
 * has one of its own and several live in one process.
 */
export function makeZmqContext(ioThreads = 1): ZmqContext {
  // Not blocky: nothing that waits to be sent holds the process back when it ends.
  return new CopyingContext({ blocky: false, ioThreads });
}
