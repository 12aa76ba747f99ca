import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';

/** An address of a name, as the system resolves it; a literal address is itself. */
export async function lookUp(host: string): Promise<string> {
  const { address } = await lookup(host.replace(/^\[|\]$/g, ''));
  return address;
}

/** Resolves when a TCP connection stood; it is closed at once. */
export function tryConnect(host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
