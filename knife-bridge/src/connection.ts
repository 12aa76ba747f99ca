import { Agent, ProxyAgent, type Dispatcher } from 'undici';
import type { TlsOptions } from './tls.ts';

/** Proxies by scheme, and the hosts that are reached without one. */
export interface ProxySettings {
  http?: string;
  https?: string;
  none?: string;
}

/** Bytes of the longest answer that is read: the list of all jobs is the longest there is. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
/** Milliseconds to reach a server. */
const CONNECT_MS = 30_000;

/** The connections to one server, through a proxy where one is configured for it. */
export function openConnections(url: URL, tls: TlsOptions, proxies: ProxySettings): Dispatcher {
  const common = { maxResponseSize: MAX_ANSWER_BYTES, connections: 2 };
  const proxy = proxyFor(url, proxies);
  if (proxy === undefined) {
    return new Agent({ ...common, connect: { ...tls, timeout: CONNECT_MS } });
  }
  return new ProxyAgent({ ...common, uri: proxy, requestTls: tls });
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
