import { request as requestHttp, type ClientRequest } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { connect, rootCertificates } from 'node:tls';
import { authorization, openTunnel } from './open-tunnel.ts';
import type { Proxy } from './proxy.ts';
import { systemCertificates, withoutTwins } from './system-certificates.ts';

/** A whole answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** The time of the server, as its header has it. */
  readonly date?: string | undefined;
}

/** Whom to trust, as node:tls wants it. */
export interface Trust {
  /** Absent: the authorities that Node and the system know. */
  readonly ca?: readonly string[];
  /** `ca` counts besides those. */
  readonly isBesides?: boolean;
  /** SSL_CERT_DIR: another directory of the system's authorities. */
  readonly certDir?: string;
  readonly rejectUnauthorized: boolean;
  readonly cert?: string;
  readonly key?: string;
}

/** An answer larger than this is no configuration, bytes. */
const MAX_ANSWER_BYTES = 1_000_000;

/** What one GET asks. */
export interface Get {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly trust: Trust;
  /** The proxy on the way. */
  readonly proxy?: Proxy | undefined;
  readonly signal: AbortSignal;
}

/**
 * One GET over a connection of its own; rejects with the system's error, or with the reason of `signal`. Node's own
 * client: a pool would cost memory for one request an hour.
 */
export async function httpGet({ url, headers, trust, proxy, signal }: Get): Promise<HttpAnswer> {
  const common = { method: 'GET', headers, signal };
  if (url.protocol === 'http:') {
    if (proxy === undefined) return finish(requestHttp(url, { ...common, agent: false }));
    const { host, port } = proxy;
    const all = { Host: url.host, ...headers, ...authorization(proxy) };
    return finish(
      requestHttp({ ...common, headers: all, host, port, path: url.href, agent: false }),
    );
  }
  const options = { ...common, ...tlsOptions(trust) };
  if (proxy === undefined) return finish(requestHttps(url, { ...options, agent: false }));
  const socket = await openTunnel(proxy, url, signal);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const named = isIP(host) === 0 ? { host, servername: host } : { host };
  const createConnection = () => connect({ ...tlsOptions(trust), ...named, socket });
  return finish(requestHttps(url, { ...options, createConnection }));
}

function tlsOptions({ ca, isBesides, certDir, rejectUnauthorized, cert, key }: Trust) {
  const isWithKnown = rejectUnauthorized && (ca === undefined || isBesides === true);
  const known = isWithKnown ? [...rootCertificates, ...systemCertificates(certDir)] : [];
  const all = [...known, ...(ca ?? [])];
  return {
    rejectUnauthorized,
    ...(all.length === 0 ? {} : { ca: withoutTwins(all) }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

/** Sends the request and takes its whole answer. */
function finish(sent: ClientRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    sent.once('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) response.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.once('error', reject);
      response.once('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, body, date: response.headers.date });
      });
    });
    sent.once('error', reject);
    sent.end();
  });
}
