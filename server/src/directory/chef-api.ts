import { createSecureContext, rootCertificates } from 'node:tls';
import { signRequest, type Signer } from 'mixlib-authentication-ts';
import { Pool } from 'undici';
import type { Clock } from '../clock.ts';
import { ServerError } from '../errors.ts';

/** What the Chef server said. `body` is parsed JSON. */
export interface ChefAnswer {
  status: number;
  body: unknown;
}

/** Signed calls to one Chef server. Paths are percent-encoded by the caller (`path` does that). */
export interface ChefApi {
  get(path: string): Promise<ChefAnswer>;
  /** For searches: what is posted changes nothing there, so that it may be sent twice. */
  post(path: string, body: unknown): Promise<ChefAnswer>;
  close(): Promise<void>;
}

export interface ChefApiSettings {
  /** Scheme, host, port and perhaps a path in front of every other. */
  url: string;
  signer: Signer;
  /** `X-Chef-Version`: nginx of a Chef server wants one of 10 or more (ADDON A.1). */
  chefVersion: string;
  /** PEM: certificates to trust beside the well-known ones. */
  ca?: string;
  verifyTls: boolean;
  /** Milliseconds for a whole call, connection included. */
  deadline: number;
  /** Connections at most; further calls wait within their deadline. */
  connections?: number;
  /** Calls on one connection before the first is answered. */
  pipelining?: number;
}

/** Bytes of one answer; a group of a hundred thousand names fits. */
const MAX_ANSWER_BYTES = 16_000_000;
/** The version of the Chef API that is asked for: v1 has all keys of a principal (REFERENCE 5). */
const API_VERSION = 1;

/** Joins segments to a path, each percent-encoded (S8). */
export function path(...segments: readonly string[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
}

interface Call {
  method: 'GET' | 'POST';
  /** Path and query. */
  target: string;
  body?: string;
}
interface Reply {
  status: number;
  text: string;
}

/** The only door to the Chef API: pooled, signed, with deadlines; redirects are not followed. */
export function makeChefApi(
  settings: ChefApiSettings,
  clock: Pick<Clock, 'now' | 'after'>,
): ChefApi {
  const { origin, pathname } = new URL(settings.url);
  const prefix = pathname.replace(/\/+$/, '');
  const pool = new Pool(origin, {
    connections: settings.connections ?? 64,
    pipelining: settings.pipelining ?? 1,
    connectTimeout: settings.deadline,
    headersTimeout: settings.deadline,
    bodyTimeout: settings.deadline,
    maxResponseSize: MAX_ANSWER_BYTES,
    connect: {
      rejectUnauthorized: settings.verifyTls,
      // Once: to read all those certificates for each connection would hold up the whole server every time.
      ...(settings.ca === undefined
        ? {}
        : { secureContext: createSecureContext({ ca: [...rootCertificates, settings.ca] }) }),
    },
  });

  async function request({ method, target, body }: Call): Promise<Reply> {
    const late = new AbortController();
    const cancel = clock.after(settings.deadline, () => {
      late.abort(new Error(`no answer within ${settings.deadline} ms`));
    });
    try {
      const answer = await pool.request({
        method,
        path: target,
        body: body ?? null,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          'x-chef-version': settings.chefVersion,
          'user-agent': 'pushy-server',
          ...signRequest(
            { method, path: target, body: body ?? '' },
            settings.signer,
            clock.now(),
            API_VERSION,
          ),
        },
        signal: late.signal,
      });
      return { status: answer.statusCode, text: await answer.body.text() };
    } finally {
      cancel();
    }
  }

  async function ask(call: Call): Promise<Reply> {
    try {
      return await request(call).catch((error: unknown) => {
        // A kept connection that the other side has just closed says nothing about the server: once more.
        if (codeOf(error) === 'UND_ERR_SOCKET' || codeOf(error) === 'ECONNRESET') {
          return request(call);
        }
        throw error;
      });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message || codeOf(cause) : String(cause);
      throw new ServerError('directory_unreachable', `${settings.url}: ${reason ?? 'no reason'}`, {
        cause,
      });
    }
  }

  async function call(method: Call['method'], to: string, body?: string): Promise<ChefAnswer> {
    const target = prefix + to;
    const { status, text } = await ask({ method, target, ...(body === undefined ? {} : { body }) });
    // goiardi answers unknown paths with an empty 200 (ADDON E.1, Decision 17).
    if (status === 200 && text.trim() === '') return { status: 404, body: undefined };
    return { status, body: parse(text, status, `${method} ${to}`) };
  }

  return {
    get: (to) => call('GET', to),
    post: (to, body) => call('POST', to, JSON.stringify(body)),
    close: () => pool.destroy(),
  };
}

/** Errors may be pages of HTML; an answer of success that is no JSON is not the Chef API's. */
function parse(text: string, status: number, call: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (status !== 200) return undefined;
    throw new ServerError('directory_failed', `the answer to ${call} is no JSON`, { cause });
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
