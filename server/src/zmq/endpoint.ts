import type { Publisher, Router } from 'zeromq';

/**
 * Binds a socket to an address such as `tcp://*:10002`; answers the port, also where the kernel chose it (port 0).
 * Not by `bind()`: that works on another thread, where nothing else may touch the socket, and its reader does.
 */
export function bindTo(socket: Publisher | Router, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    try {
      socket.bindSync(address);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      reject(new Error(`cannot listen on ${address}: ${reason}`, { cause: error }));
      return;
    }
    resolve(Number(/:(\d+)$/.exec(socket.lastEndpoint ?? '')?.[1]));
  });
}

/**
 * Milliseconds in which a new connection must have said who it is. Connections that only hang take a descriptor
 * for so long; a fleet of ten thousand agents that comes back at once needs about half of it.
 */
const HANDSHAKE_INTERVAL = 15_000;

/** What both server sockets have in common. Times in milliseconds but for the TCP ones, which are in seconds. */
export const SERVER_SOCKET_OPTIONS = {
  linger: 0,
  // Sends at once or says that it cannot: with it a send never waits, and never is "one at a time".
  sendTimeout: 0,
  // A storm of agents after a restart; the kernel caps it (net.core.somaxconn).
  backlog: 4_096,
  handshakeInterval: HANDSHAKE_INTERVAL,
  // A half-open connection would keep its descriptor for ever: the kernel asks the other kernel after 5 minutes
  // of silence and gives up a minute later. No agent notices. ZMTP's own heartbeats stay off: old libzmq.
  tcpKeepalive: 1,
  tcpKeepaliveIdle: 300,
  tcpKeepaliveInterval: 10,
  tcpKeepaliveCount: 6,
} as const;
