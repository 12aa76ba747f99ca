import type { IncomingHttpHeaders } from 'node:http';

/** Headers that name the host that the client knows, the first present one counts (REFERENCE 8.3). */
const HOST_HEADERS = ['x-forwarded-host', 'x-forwarded-server', 'host'] as const;

/**
 * `<scheme>://<host>[:port]` as the client sees this server (REFERENCE 8.3). A port of 80 or 443 is left out.
 * A scheme that is neither http nor https is not repeated: the answer ends up as somebody's link.
 * `fallback` is the host for a request that names none (HTTP/1.0), `own` the scheme that it came by.
 */
export function ownAddress(
  headers: IncomingHttpHeaders,
  fallback: string,
  own: 'http' | 'https' = 'http',
): string {
  const said = first(headers['x-forwarded-proto'])?.toLowerCase();
  const scheme = said === 'https' || said === 'http' ? said : own;
  const name = HOST_HEADERS.map((header) => first(headers[header])).find((h) => h !== undefined);
  return `${scheme}://${(name ?? fallback).replace(/:(?:80|443)$/, '')}`;
}

/** The first entry of a list header; undefined when it is missing or empty. */
function first(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  const entry = text?.split(',')[0]?.trim();
  return entry === '' ? undefined : entry;
}
