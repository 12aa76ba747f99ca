// A process that reads feeds, or does not read them.
import { connect, type Socket } from 'node:net';
import { signRequest, type Signer } from 'mixlib-authentication-ts';
import { serve } from './worker.ts';

/** Feeds to open. */
export interface FeedsToOpen {
  readonly port: number;
  readonly path: string;
  readonly signer: Signer;
  readonly count: number;
  /** Opens them and never reads. */
  readonly isDeaf: boolean;
}

const sockets: Socket[] = [];
let bytes = 0;
let ended = 0;

serve({
  /** Resolves when all of them were answered, or, where nobody reads, sent. */
  open: async ({ port, path, signer, count, isDeaf }: FeedsToOpen) => {
    const signed = signRequest({ method: 'GET', path }, signer, Date.now());
    const headers = { Host: 'localhost', Accept: 'text/event-stream', ...signed };
    const text = `GET ${path} HTTP/1.1\r\n${Object.entries(headers)
      .map(([k, v]) => `${k}: ${v}\r\n`)
      .join('')}\r\n`;
    for (let opened = 0; opened < count; opened += 50) {
      const some = Array.from({ length: Math.min(50, count - opened) }, () =>
        open(port, text, isDeaf),
      );
      await Promise.all(some);
    }
  },
  /** Bytes read so far, and feeds that have ended. */
  read: () => ({ bytes, ended }),
  close: () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    ended = 0;
  },
});

function open(port: number, text: string, isDeaf: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', reject);
    socket.on('connect', () => {
      socket.write(text);
      if (!isDeaf) return;
      socket.pause();
      resolve();
    });
    if (isDeaf) return;
    socket.once('data', (chunk) => {
      const head = chunk.toString('latin1', 0, 12);
      if (head === 'HTTP/1.1 200') resolve();
      else reject(new Error(`a feed was answered with ${head}`));
    });
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      // The last chunk of a body that has no length.
      if (chunk.subarray(-5).toString('latin1') === '0\r\n\r\n') ended += 1;
    });
  });
}
