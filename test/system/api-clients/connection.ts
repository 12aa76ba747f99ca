import { request } from 'node:https';
import { signRequest, type Signer } from 'mixlib-authentication-ts';

/** An answer as a client without any library of Chef's sees it. */
export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** A client's way to the Chef server: it signs what it sends and sends paths as they are, doubled slashes included. */
export interface Connection {
  /** `https://HOST:PORT`. */
  readonly origin: string;
  /** A path, or the address that the server named. */
  get(target: string, accept?: string): Promise<Reply>;
  post(path: string, body: unknown): Promise<Reply>;
}

/** Who asks whom, and how the requests are signed. */
export interface ConnectionSettings extends Signer {
  /** Any address of the Chef server. */
  readonly url: string;
}

/** Makes a connection that believes every certificate. */
export function makeConnection(settings: ConnectionSettings): Connection {
  const { origin } = new URL(settings.url);
  const ask = (
    method: string,
    target: string,
    headers: Readonly<Record<string, string>>,
    body = '',
  ): Promise<Reply> => {
    const path = target.startsWith(origin) ? target.slice(origin.length) : target;
    const signed = signRequest({ method, path, body }, settings, Date.now());
    return new Promise((resolve, reject) => {
      const req = request(
        origin,
        {
          method,
          path,
          headers: { ...signed, ...headers },
          rejectUnauthorized: false,
          agent: false,
          timeout: 10_000,
        },
        (res) => {
          const chunks: Buffer[] = [];
          res.on('data', (chunk: Buffer) => chunks.push(chunk));
          res.on('error', reject);
          res.on('end', () => {
            resolve({ status: res.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
          });
        },
      );
      req.on('timeout', () => req.destroy(new Error(`no answer to ${method} ${path}`)));
      req.on('error', reject);
      req.end(body);
    });
  };
  return {
    origin,
    get: (target, accept = 'application/json') => ask('GET', target, { accept }),
    post: (path, body) =>
      ask(
        'POST',
        path,
        { accept: 'application/json', 'content-type': 'application/json' },
        JSON.stringify(body),
      ),
  };
}
