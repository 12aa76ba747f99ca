import { createServer, type Server } from 'node:https';
import type { FastifyInstance } from 'fastify';
import { answerClientError } from './client-error.ts';

/** Certificate chain and key, PEM. */
export interface TlsFiles {
  cert: string;
  key: string;
}

export interface TlsListenerDeps {
  app: FastifyInstance;
  host: string;
  port: number;
  files: TlsFiles;
  log: {
    debug(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

/** The API over TLS, for hosts without a proxy. */
export interface TlsListener {
  readonly port: number;
  readonly server: Server;
  /** From now on new connections see this certificate. */
  renew(files: TlsFiles): void;
  close(): Promise<void>;
}

/** Milliseconds: how often connections are held against their times. */
const CHECK_INTERVAL = 5_000;
/** Milliseconds in which a new connection must have agreed on its keys. */
const HANDSHAKE_TIMEOUT = 10_000;

/** Listens, with the bounds of the other listener of the same API; they share its number of connections. */
export async function listenTls(deps: TlsListenerDeps): Promise<TlsListener> {
  const { app, host, port, files, log } = deps;
  await app.ready();
  const { requestTimeout, headersTimeout, keepAliveTimeout } = app.server;
  const options = {
    ...{ requestTimeout, headersTimeout, keepAliveTimeout },
    connectionsCheckingInterval: CHECK_INTERVAL,
    handshakeTimeout: HANDSHAKE_TIMEOUT,
    minVersion: 'TLSv1.2',
  } as const;
  const server = createServer({ ...options, ...files }, (request, response) => {
    app.routing(request, response);
  });
  share(app, server);
  server.on('clientError', answerClientError);
  server.on('tlsClientError', (error) => {
    log.debug({ err: error }, 'a TLS connection was not established');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // Without a listener it would be an uncaught error: the kernel had no descriptor, not even for a refusal.
  server.on('error', (error) => {
    log.warn({ err: error }, 'TLS connections could not be accepted');
  });
  const address = server.address();
  return {
    port: address === null || typeof address === 'string' ? port : address.port,
    server,
    renew: (renewed) => {
      server.setSecureContext({ minVersion: options.minVersion, ...renewed });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** Half of the connections each: a descriptor is one, whoever takes it. */
function share({ server: plain }: FastifyInstance, server: Server): void {
  const half = Math.ceil(plain.maxConnections / 2);
  plain.maxConnections = half;
  server.maxConnections = half;
  // Refused connections are counted and said in one place.
  server.on('drop', (dropped) => plain.emit('drop', dropped));
}
