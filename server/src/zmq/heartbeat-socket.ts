import type { Frames } from '@pushy/protocol';
import { Publisher } from 'zeromq';
import type { Clock } from '../clock.ts';
import { makeConnections, type Connections } from './connections.ts';
import { threadsFor, type ZmqContext } from './context.ts';
import { bindTo, SERVER_SOCKET_OPTIONS } from './endpoint.ts';

/** The broadcast channel: a PUB that agents subscribe to; never encrypted, its messages are signed (REFERENCE 15.1). */
export interface HeartbeatSocket {
  connections: Pick<Connections, 'open' | 'isFull'>;
  /** Listens, for example on `tcp://*:10000`; answers the port. */
  bind(address: string): Promise<number>;
  /** Hands a message to all agents that are connected; one that does not read loses it. */
  publish(frames: Frames): void;
  close(): Promise<void>;
}

/** What a heartbeat socket needs. */
export interface HeartbeatSocketDeps {
  context: ZmqContext;
  clock: Pick<Clock, 'after'>;
  /**
   * Connections ask the ZAP handler of the context: not who they are, for there is no key here, but whether there
   * is room. libzmq then refuses peers that speak ZMTP 2.0 or older.
   */
  guarded: boolean;
  /** Connections at most. */
  maxConnections: number;
  /** Counts what is refused. */
  count: (name: string, n?: number) => void;
  log: { warn(fields: object, message: string): void };
}

/** Heartbeats that wait for one agent at most: older ones are of no use to it. */
const HIGH_WATER_MARK = 10;
/** Bytes of a subscription, all that an agent ever sends here. */
const MAX_SUBSCRIPTION_BYTES = 1_024;

/** The name under which this socket asks the ZAP handler. */
export const HEARTBEAT_DOMAIN = 'heartbeats';

/** Makes the broadcast socket. */
export function makeHeartbeatSocket(deps: HeartbeatSocketDeps): HeartbeatSocket {
  const { context, log } = deps;
  const socket = new Publisher({
    ...SERVER_SOCKET_OPTIONS,
    context,
    ...threadsFor('broadcasts', context),
    sendHighWaterMark: HIGH_WATER_MARK,
    maxMessageSize: MAX_SUBSCRIPTION_BYTES,
    ...(deps.guarded && { zapDomain: HEARTBEAT_DOMAIN, zapEnforceDomain: true }),
  });
  const connections = makeConnections({
    ...deps,
    socket: HEARTBEAT_DOMAIN,
    events: socket.events,
    max: deps.maxConnections,
  });
  return {
    connections,
    bind: (address) => bindTo(socket, address),
    publish(frames) {
      if (socket.closed) return;
      socket.send([...frames]).catch((error: unknown) => {
        log.warn({ err: error }, 'a heartbeat could not be sent');
      });
    },
    close: () => {
      socket.close();
      return connections.end();
    },
  };
}
