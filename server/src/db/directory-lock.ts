import { stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { DbError } from './db-error.ts';

/**
 * Takes a directory for this process alone; the answer gives it back. The lock is a listening socket, which the
 * kernel lets go when its process ends, however it ends: nothing is left over, and no process id can be taken
 * for another's.
 */
export async function lockDirectory(dir: string): Promise<() => Promise<void>> {
  const { dev, ino } = await stat(dir);
  const server = createServer((socket) => socket.destroy());
  try {
    // An abstract address: it has no file. Named by the directory itself, whatever path leads to it.
    await listen(server, `\0pushy-db-${dev}-${ino}`);
  } catch (error) {
    throw new DbError(
      'in_use',
      `${dir} is in use by another process: the embedded database serves one at a time. ` +
        'Stop the other server, or give this one a data directory of its own.',
      error,
    );
  }
  server.unref();
  return () =>
    new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
    });
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
