// A process that asks one GET after the other over some connections; what it sends was written before.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { signRequest, type Signer } from 'mixlib-authentication-ts';
import { serve } from './worker.ts';

/** What the load is. */
export interface Load {
  readonly port: number;
  readonly connections: number;
  /** Of `count` requests, by turns. */
  readonly paths: readonly string[];
  readonly count: number;
  /** Who signs, by turns, each request anew; absent: not signed. */
  readonly signers?: readonly Signer[];
}

let requests: string[] = [];

serve({
  /** Writes all requests: a signature costs more here than its proof costs there. */
  prepare: ({ paths, count, signers = [] }: Load) => {
    const parsed = signers.map(({ userId, key }) => ({ userId, key: parse(key) }));
    requests = Array.from({ length: count }, (_, i) => {
      const path = paths[i % paths.length] ?? '/';
      // A second apart, so that no two are the same.
      const time = Date.now() - (i % 600) * 1000;
      const signer = parsed[i % parsed.length];
      const signed = signer === undefined ? {} : signRequest({ method: 'GET', path }, signer, time);
      const headers = Object.entries({ Host: 'localhost', Accept: 'application/json', ...signed });
      return `GET ${path} HTTP/1.1\r\n${headers.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`;
    });
  },
  /** Sends them; answers that were not 200. */
  send: async ({ port, connections }: Load) => {
    let next = 0;
    let wrong = 0;
    const take = (): string | undefined => requests[next++];
    await Promise.all(
      Array.from({ length: connections }, () =>
        askAll(port, take, () => {
          wrong += 1;
        }),
      ),
    );
    return wrong;
  },
});

function parse(key: Signer['key']): KeyObject {
  return typeof key === 'string' ? createPrivateKey(key) : key;
}

function askAll(port: number, take: () => string | undefined, onWrong: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1');
    let text = '';
    const ask = (): void => {
      const request = take();
      if (request === undefined) {
        socket.destroy();
        resolve();
      } else socket.write(request);
    };
    socket.setTimeout(30_000, () => socket.destroy(new Error('no answer for 30 s')));
    socket.on('connect', ask);
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      if (head < 0) return;
      const size = Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1]);
      if (text.length < head + 4 + size) return;
      if (!text.startsWith('HTTP/1.1 200')) onWrong();
      text = '';
      ask();
    });
  });
}
