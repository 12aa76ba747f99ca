import { Context } from 'zeromq';

export type ZmqContext = Context;

/**
 * The world of one server's sockets. Its command socket asks the ZAP handler of the same context, so each server
 * has one of its own and several live in one process.
 */
export function makeZmqContext(ioThreads = 1): ZmqContext {
  // Not blocky: nothing that waits to be sent holds the process back when it ends.
  return new Context({ blocky: false, ioThreads });
}
