import { request as requestHttp } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';

/** A whole answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** Whom to trust, as node:tls wants it. */
export interface Trust {
  readonly ca?: readonly string[];
  readonly rejectUnauthorized: boolean;
  readonly cert?: string;
  readonly key?: string;
}

/** An answer larger than this is no configuration, bytes. */
const MAX_ANSWER_BYTES = 1_000_000;

/**
 * One GET over a connection of its own; rejects with the system's error, or with the reason of `signal`. Node's own
 * client: a pool would cost memory for one request an hour.
 */
export function httpGet(
  url: URL,
  headers: Readonly<Record<string, string>>,
  trust: Trust,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const options: RequestOptions = {
    headers,
    agent: false,
    signal,
    rejectUnauthorized: trust.rejectUnauthorized,
    ...(trust.ca === undefined ? {} : { ca: [...trust.ca] }),
    ...(trust.cert === undefined ? {} : { cert: trust.cert, key: trust.key }),
  };
  return new Promise((resolve, reject) => {
    const start = url.protocol === 'https:' ? requestHttps : requestHttp;
    const sent = start(url, options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) response.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.once('error', reject);
      response.once('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString('utf8'),
        });
      });
    });
    sent.once('error', reject);
    sent.end();
  });
}
