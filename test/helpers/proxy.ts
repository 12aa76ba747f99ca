import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** A proxy for HTTP that wants a Proxy-Authorization. */
export interface TestProxy {
  readonly port: number;
  /** Method and target of every request, as it came. */
  readonly seen: readonly string[];
  /** Resolves when a tunnel to `silent.example.com` was asked for, which is never answered. */
  silence(): Promise<void>;
  close(): Promise<void>;
}

/** Starts the proxy: it opens tunnels for CONNECT, and sends requests for http URLs on. */
export async function startProxy(authorization: string | undefined): Promise<TestProxy> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  let onSilence = (): void => undefined;
  const isWelcome = (given: string | undefined): boolean => given === authorization;
  const server = createServer((request, response) => {
    seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
    if (!isWelcome(request.headers['proxy-authorization'])) {
      response.writeHead(407).end();
      return;
    }
    const { method, headers } = request;
    const onward = forward(request.url ?? '', { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    onward.end();
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('connect', (request, client: Socket) => {
    const target = request.url ?? '';
    seen.push(`CONNECT ${target}`);
    client.on('error', () => client.destroy());
    if (!isWelcome(request.headers['proxy-authorization'])) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    if (target.startsWith('silent.example.com:')) {
      onSilence();
      return;
    }
    const url = new URL(`http://${target}`);
    const upstream = connect(Number(url.port), url.hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream);
    upstream.on('error', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    silence: () =>
      new Promise((resolve) => {
        onSilence = resolve;
      }),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
