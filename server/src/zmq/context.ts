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
 * `ioThreads` serve the commands, one more the broadcasts.
 */
export function makeZmqContext(ioThreads = 1): ZmqContext {
  // Not blocky: nothing that waits to be sent holds the process back when it ends.
  return new CopyingContext({ blocky: false, ioThreads: ioThreads + 1 });
}

/** libzmq's bit mask of its threads; a mask of more bits is no exact number. */
const MOST_IN_A_MASK = 50;

/**
 * Which threads of a context serve its broadcasts, and which its commands: a command does not wait until a broadcast is
 * with all nodes.
 */
export function threadsFor(
  what: 'broadcasts' | 'commands',
  { ioThreads }: Pick<ZmqContext, 'ioThreads'>,
): { affinity?: number } {
  if (what === 'broadcasts') return { affinity: 1 };
  return ioThreads > MOST_IN_A_MASK ? {} : { affinity: 2 ** ioThreads - 2 };
}
