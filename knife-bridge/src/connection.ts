import type { ProxyAgent } from 'undici';
import { openDirect } from './direct.ts';
import { CliError } from './errors.ts';
import type { TlsOptions } from './tls.ts';

/** Proxies by scheme, and the hosts that are reached without one. */
export interface ProxySettings {
  http?: string;
  https?: string;
  none?: string;
}

/** One request. */
export interface Outgoing {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the request, and the reading of its answer. */
  readonly signal: AbortSignal;
  /** Milliseconds until the answer must begin. */
  readonly headersTimeout?: number;
}

/** An answer, whose body comes piece by piece. */
export interface Incoming {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** The way to one server. */
export interface Connections {
  request(asked: Outgoing): Promise<Incoming>;
  close(): Promise<void>;
}

/** Bytes of the longest answer that is read: the list of all jobs is the longest there is. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** The connections to one server, through a proxy where one is configured for it. */
export function openConnections(url: URL, tls: TlsOptions, proxies: ProxySettings): Connections {
  const proxy = proxyFor(url, proxies);
  return proxy === undefined ? openDirect(url, tls) : openProxied(url, proxy, tls);
}

function openProxied(url: URL, uri: string, requestTls: TlsOptions): Connections {
  let opened: Promise<ProxyAgent> | undefined;
  // Half of the time of a start, for those who need it.
  const open = async (): Promise<ProxyAgent> => {
    const undici = await import('undici');
    return new undici.ProxyAgent({ connections: 2, uri, requestTls });
  };
  return {
    request: async (asked) => (await (opened ??= open())).request({ ...asked, origin: url.origin }),
    close: async () => {
      await (await opened)?.close();
    },
  };
}

/** All of an answer. */
export async function wholeOf(body: Incoming['body']): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > MAX_ANSWER_BYTES) {
      throw new CliError('answer', `The answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** The proxy for a URL; a value without a scheme gets the one of the setting (ADDON F.2). */
export function proxyFor(url: URL, { http, https, none }: ProxySettings): string | undefined {
  const proxy = url.protocol === 'https:' ? https : http;
  if (proxy === undefined || proxy === '' || isExcluded(url.hostname, none ?? '')) return undefined;
  return /^[a-z]+:\/\//i.test(proxy) ? proxy : `${url.protocol}//${proxy}`;
}

/** `no_proxy` is a list of name endings; `*` stands for anything (ADDON F.2). */
function isExcluded(host: string, none: string): boolean {
  return none
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => host.toLowerCase().endsWith(entry.replace(/^\*/, '')));
}
