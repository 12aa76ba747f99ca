import { request, type IncomingHttpHeaders } from 'node:http';
import { signRequest, type Signer } from 'mixlib-authentication-ts';

/** An answer as it came over the socket. */
export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A request exactly as it is to be sent: nothing is normalised. */
export interface HttpRequest {
  port: number;
  method?: string;
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: Buffer | string;
}

/** Sends one request over a connection of its own. */
export function send({
  port,
  method = 'GET',
  path,
  headers,
  body,
}: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const req = request(
      { host: '127.0.0.1', port, method, path, headers, agent: false, timeout: 10_000 },
      (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('error', reject);
        res.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text });
        });
      },
    );
    req.on('timeout', () => req.destroy(new Error(`no answer to ${method} ${path}`)));
    req.on('error', reject);
    req.end(body);
  });
}

/** Sends one request with the signature headers of `signer`; `headers` are put over them. */
export function sendSigned(
  signer: Signer,
  what: HttpRequest,
  now = Date.now(),
): Promise<HttpAnswer> {
  const { method = 'GET', path, body = '' } = what;
  const signed = signRequest({ method, path, body }, signer, now);
  return send({ ...what, headers: { ...signed, ...what.headers } });
}
