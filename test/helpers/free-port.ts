import { once } from 'node:events';
import { createServer } from 'node:net';

/** A TCP port that the kernel has just given and taken back, for programs that cannot ask it themselves. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no TCP port was given');
  return address.port;
}
