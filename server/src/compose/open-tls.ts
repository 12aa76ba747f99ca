import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.ts';
import { readTlsFiles } from '../config-files.ts';
import { ServerError } from '../errors.ts';
import { listenTls, type TlsListener } from '../http/tls-listener.ts';
import type { Log } from '../log.ts';
import { cannot } from './cannot.ts';

/** The TLS listener with its files. */
export interface Tls extends Pick<TlsListener, 'port' | 'server' | 'close'> {
  /** Reads certificate and key again; files that cannot be used are logged, and what was read before stays. */
  reload(): Promise<void>;
}

/** Listens where the settings name a certificate; undefined: nowhere. */
export async function openTls(
  app: FastifyInstance,
  { config, log }: { config: Config; log: Log },
): Promise<Tls | undefined> {
  const read = await readTlsFiles(config);
  if (!read.ok) throw new ServerError('start_failed', read.text);
  if (read.files === undefined) return undefined;
  const listener = await listenTls({
    app,
    log,
    host: config.tlsListen,
    port: config.tlsPort,
    files: read.files,
  }).catch(cannot('tls_listen and tls_port: cannot listen'));
  return {
    ...listener,
    reload: async () => {
      const renewed = await readTlsFiles(config);
      if (!renewed.ok) {
        const reason = renewed.text;
        log.error({ reason }, 'the certificate cannot be used: the one before stays');
        return;
      }
      if (renewed.files === undefined) return;
      listener.renew(renewed.files);
      log.info({ tls_certificate: config.tlsCertificate }, 'the certificate was read again');
    },
  };
}
