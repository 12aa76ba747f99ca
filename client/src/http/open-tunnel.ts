import { request } from 'node:http';
import type { Socket } from 'node:net';
import { AgentError, messageOf } from '../errors.ts';
import type { Proxy } from './proxy.ts';

/** Asks a proxy for a connection to a server (CONNECT); rejects with the reason of `signal`, or says what the proxy said. */
export function openTunnel(proxy: Proxy, target: URL, signal: AbortSignal): Promise<Socket> {
  const where = `${target.hostname}:${target.port || 443}`;
  const own = `the proxy ${proxy.host}:${proxy.port}`;
  return new Promise((resolve, reject) => {
    const sent = request({
      host: proxy.host,
      port: proxy.port,
      method: 'CONNECT',
      path: where,
      headers: { Host: where, ...authorization(proxy) },
      agent: false,
      signal,
    });
    sent.once('connect', ({ statusCode = 0, statusMessage = '' }, socket: Socket) => {
      if (statusCode === 200) {
        resolve(socket);
        return;
      }
      socket.destroy();
      const what = `${own} answered ${statusCode} ${statusMessage} when asked for ${where}`;
      reject(new AgentError('proxy', what));
    });
    sent.once('error', (error) => {
      if (error.name === 'AbortError') reject(error);
      else reject(new AgentError('proxy', `${own}: ${messageOf(error)}`, { cause: error }));
    });
    sent.end();
  });
}

/** The header that shows who asks the proxy. */
export function authorization(proxy: Proxy): Record<string, string> {
  return proxy.authorization === undefined ? {} : { 'Proxy-Authorization': proxy.authorization };
}
