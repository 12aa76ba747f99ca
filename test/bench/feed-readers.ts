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
/** Events that came after the answer to the request, of all feeds. */
let told = 0;

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
  told: () => told,
  close: () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    told = 0;
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
      if (head !== 'HTTP/1.1 200') {
        reject(new Error(`a feed was answered with ${head}`));
        return;
      }
      // What a feed begins with, of jobs before, comes at once.
      setTimeout(() => {
        socket.on('data', count);
        resolve();
      }, 500);
    });
  });
}

function count(chunk: Buffer): void {
  told += chunk.toString('latin1').split('\nid: ').length - 1;
}
