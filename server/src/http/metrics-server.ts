import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface MetricsServerDeps {
  host: string;
  port: number;
  /** What is served. */
  metrics: { text(): Promise<string>; readonly contentType: string };
  log: { error(fields: object, message: string): void };
}

/** Whoever looks at numbers looks often and briefly; milliseconds, and connections. */
const BOUNDS = {
  requestTimeout: 10_000,
  headersTimeout: 5_000,
  keepAliveTimeout: 75_000,
  maxConnections: 32,
} as const;

/** `GET /metrics` on a listener of its own, by default for this machine alone (Decision 13). */
export async function serveMetrics(
  deps: MetricsServerDeps,
): Promise<{ port: number; close(): Promise<void> }> {
  const { host, port, metrics, log } = deps;
  const { maxConnections, ...times } = BOUNDS;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?')[0];
    if (path !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Only /metrics is here.\n');
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
    } else {
      const text = await metrics.text();
      response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
    }
  }

  const server = createServer(times, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      log.error({ err: error }, 'the metrics could not be read');
      response.writeHead(500).end();
    });
  });
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  return {
    port: address === null || typeof address === 'string' ? port : address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
