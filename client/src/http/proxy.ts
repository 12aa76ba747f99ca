import type { ConfigValues } from '../config/values.ts';
import { AgentError, messageOf } from '../errors.ts';

/** A proxy that is spoken to in plain HTTP, as the reference did whatever the scheme of its URL. */
export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** Value of Proxy-Authorization. */
  readonly authorization?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const SCHEMES = ['http', 'https', 'ftp'] as const;

/**
 * Environment variables that the settings stand for, where the environment has none of its own: every job inherits
 * them too (ADDON F.2).
 */
export function proxyVariables(values: ConfigValues, env: Environment): Record<string, string> {
  const given: [string, string][] = [];
  for (const scheme of SCHEMES) {
    const url = settingUrl(scheme, values);
    if (url !== undefined) given.push([`${scheme}_proxy`, url]);
  }
  const noProxy = values.text('no_proxy');
  if (noProxy !== undefined) given.push(['no_proxy', noProxy]);
  const both = given.flatMap(([name, value]) => [
    [name, value] as const,
    [name.toUpperCase(), value] as const,
  ]);
  return Object.fromEntries(both.filter(([name]) => env[name] === undefined));
}

function settingUrl(scheme: string, values: ConfigValues): string | undefined {
  const name = `${scheme}_proxy`;
  const value = values.text(name);
  if (value === undefined || value.trim() === '') return undefined;
  const url = parseProxy(value, scheme, values.place(name));
  const user = values.text(`${name}_user`);
  if (user !== undefined && user !== '') {
    url.username = encodeURIComponent(user);
    url.password = encodeURIComponent(values.text(`${name}_pass`) ?? '');
  }
  return url.href.replace(/\/$/, '');
}

/** The proxy on the way to a server, by the variables of the environment; none where `no_proxy` names its host. */
export function proxyFor(target: URL, env: Environment): Proxy | undefined {
  const name = `${target.protocol.slice(0, -1)}_proxy`;
  const value = (env[name] ?? env[name.toUpperCase()] ?? '').trim();
  if (value === '') return undefined;
  if (isExcepted(target, env['no_proxy'] ?? env['NO_PROXY'] ?? '')) return undefined;
  const url = parseProxy(value, 'http', `the environment variable ${name}`);
  const user = decodeURIComponent(url.username);
  const credentials = `${user}:${decodeURIComponent(url.password)}`;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
    ...(user === ''
      ? {}
      : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
  };
}

/** A URL without scheme has that of its variable. */
function parseProxy(value: string, scheme: string, place: string): URL {
  const text = value.trim();
  try {
    const url = new URL(text.includes('://') ? text : `${scheme}://${text}`);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new Error(`a proxy of the kind ${url.protocol.slice(0, -1)} cannot be used`);
    }
    // A `%` that is meant as itself must be written as %25.
    for (const part of [url.username, url.password]) decodeURIComponent(part);
    return url;
  } catch (error) {
    const advice = 'it must be the URL of a proxy, http://HOST:PORT';
    throw new AgentError('bad_config', `${place}: ${messageOf(error)}: ${advice}`, {
      cause: error,
    });
  }
}

/** Entries between commas, with `*` anywhere; one that does not start with `*` matches at the end of the name. */
function isExcepted({ hostname, port, protocol }: URL, noProxy: string): boolean {
  const ownPort = port || (protocol === 'https:' ? '443' : '80');
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '');
  return noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => isLike(host, entry) || isLike(`${host}:${ownPort}`, entry));
}

/** Whether a text ends as a pattern says, of which `*` is any text; linear, for the pattern comes from a file. */
function isLike(text: string, pattern: string): boolean {
  let rest = text;
  const [last = '', ...before] = pattern.split('*').reverse();
  if (!rest.endsWith(last)) return false;
  rest = rest.slice(0, rest.length - last.length);
  for (const part of before) {
    const at = rest.lastIndexOf(part);
    if (at < 0) return false;
    rest = rest.slice(0, at);
  }
  return true;
}
