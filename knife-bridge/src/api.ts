import {
  SigningError,
  signRequest,
  type RequestToSign,
  type Signer,
} from 'mixlib-authentication-ts';
import { neverSent, redirected, refusal, unreached, type Asker } from './api-errors.ts';
import type { Clock } from './clock.ts';
import { openConnections, wholeOf, type Outgoing } from './connection.ts';
import { CliError } from './errors.ts';
import type { KnifeConfig } from './knife-config/load.ts';
import { readTls } from './tls.ts';

/** Signed requests below chef_server_url. A path is relative to it: `pushy/jobs`. */
export interface Api {
  get(path: string): Promise<unknown>;
  /** The body as it came. */
  getBytes(path: string): Promise<Buffer>;
  post(path: string, body: unknown): Promise<unknown>;
  /** The body piece by piece as it comes, such as a feed; not tried again. Ends with `signal`. */
  stream(path: string, what: StreamRequest): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}

interface StreamRequest {
  accept: string;
  headers: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

interface ApiDeps {
  config: KnifeConfig;
  clock: Clock;
  /** Ends requests and the waits between them. */
  signal: AbortSignal;
  /** For -V: one line for each request. */
  trace(line: string): void;
  /** A request failed and is tried again. */
  warn(line: string): void;
}

interface Answer {
  status: number;
  contentType: string;
  /** Where a redirection leads. */
  location: string;
  body: Buffer;
}

interface Request {
  method: 'GET' | 'POST';
  path: string;
  accept: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

/** The version of the server API that knife 18 asks for; in the signed text since signatures 1.3. */
const SERVER_API_VERSION = 2;
/** The line of Chef that these requests resemble: Chef servers refuse clients that are too old. */
const CHEF_VERSION = '18.0.0';

/** Opens the way to the configured Chef server. */
export function makeApi(deps: ApiDeps): Api {
  const { config, clock, signal } = deps;
  const base = new URL(config.serverUrl);
  const signingKey = config.signingKey();
  const tls = base.protocol === 'https:' ? readTls(config.tls) : { rejectUnauthorized: true };
  const connections = openConnections(base, tls, config.proxy);
  const asker: Asker = {
    serverUrl: config.serverUrl,
    userName: config.userName,
    keySource: signingKey.source,
  };

  async function ask(request: Request): Promise<Answer> {
    const url = `${config.serverUrl.replace(/\/+$/, '')}/${request.path}`;
    for (let failures = 1; ; failures++) {
      const mayRetry = failures <= config.retries.count && !signal.aborted;
      const prepared = prepare(request);
      let answer: Answer;
      try {
        answer = await send(prepared);
      } catch (error) {
        signal.throwIfAborted();
        const trouble = unreached(error, url);
        // A POST that may have arrived is not sent twice: it would start the job twice.
        const safe = request.method === 'GET' || neverSent(error);
        if (!mayRetry || !safe || trouble.code === 'tls') throw trouble;
        deps.warn(`${trouble.message}, retry ${failures}/${config.retries.count}`);
        await clock.sleep(config.retries.delayMs, signal);
        continue;
      }
      if (answer.status < 300) return answer;
      if (answer.status < 400) throw redirected(url, answer.location);
      if (answer.status < 500 || request.method !== 'GET' || !mayRetry) {
        throw refusal(answer.status, answer.body, asker, request.path);
      }
      const retry = `retrying ${failures}/${config.retries.count}`;
      deps.warn(`Server returned error ${answer.status} for ${url}, ${retry}`);
      await clock.sleep(config.retries.delayMs, signal);
    }
  }

  function prepare(request: Request): Outgoing {
    const path = `${base.pathname.replace(/\/+$/, '')}/${request.path}`;
    const { method, body } = request;
    const signer = {
      userId: config.userName,
      key: signingKey.key,
      version: config.signatureVersion,
    };
    const unsigned = { method, path, ...(body === undefined ? {} : { body }) };
    const signed = sign(unsigned, signer, clock.now());
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    return {
      ...unsigned,
      headers: {
        ...request.headers,
        ...signed,
        ...type,
        accept: request.accept,
        'x-chef-version': CHEF_VERSION,
      },
      signal: AbortSignal.any([signal, clock.deadline(config.timeoutMs)]),
    };
  }

  async function send(options: Outgoing): Promise<Answer> {
    const began = clock.now();
    const { statusCode, headers, body } = await connections.request(options);
    const bytes = await wholeOf(body);
    const url = `${base.origin}${options.path}`;
    deps.trace(`${options.method} ${url} -> ${statusCode} (${clock.now() - began} ms)`);
    const header = (name: string): string => String(headers[name] ?? '');
    const contentType = header('content-type');
    return { status: statusCode, contentType, location: header('location'), body: bytes };
  }

  return {
    async get(path) {
      return parse(await ask({ method: 'GET', path, accept: 'application/json' }), path);
    },
    async getBytes(path) {
      return (await ask({ method: 'GET', path, accept: 'application/octet-stream' })).body;
    },
    async post(path, body) {
      const text = JSON.stringify(body);
      return parse(
        await ask({ method: 'POST', path, accept: 'application/json', body: text }),
        path,
      );
    },
    async stream(path, { accept, headers, signal: stop }) {
      const options = {
        ...prepare({ method: 'GET', path, accept, headers }),
        headersTimeout: config.timeoutMs,
        signal: stop,
      };
      const { statusCode, body } = await connections.request(options).catch((error: unknown) => {
        throw unreached(error, `${base.origin}${options.path}`);
      });
      deps.trace(`GET ${base.origin}${options.path} -> ${statusCode}`);
      if (statusCode === 200) return body;
      throw refusal(statusCode, await wholeOf(body), asker, path);
    },
    close: () => connections.close(),
  };
}

function sign(request: RequestToSign, signer: Signer, now: number): Record<string, string> {
  try {
    return signRequest(request, signer, now, SERVER_API_VERSION);
  } catch (cause) {
    if (!(cause instanceof SigningError)) throw cause;
    throw new CliError('key', `Requests cannot be signed as '${signer.userId}': ${cause.message}`, {
      cause,
    });
  }
}

function parse(answer: Answer, path: string): unknown {
  try {
    return JSON.parse(answer.body.toString());
  } catch (cause) {
    const kind = answer.contentType === '' ? 'nothing that says what it is' : answer.contentType;
    throw new CliError('answer', `${path} answered ${kind} instead of JSON`, {
      advice: ['Is chef_server_url the address of a Chef server, with /organizations/NAME?'],
      cause,
    });
  }
}

/** One segment of a path; the reference server does not decode escapes, so only what must be is escaped (REFERENCE 2). */
export function segment(text: string): string {
  return encodeURIComponent(text).replace(/%(?:3A|40|24|2C|2B|3D|3B|26)/g, decodeURIComponent);
}
