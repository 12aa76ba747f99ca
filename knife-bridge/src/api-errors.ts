import { CliError, RefusedError, codeOf, messageOf } from './errors.ts';
import { isRecord } from './job-view.ts';
import { STATUS_CODES } from './node-http.ts';

/** Who asks whom, for messages. */
export interface Asker {
  serverUrl: string;
  userName: string;
  keySource: string;
}

const WORDS: Record<number, string> = {
  400: 'The data in your request was invalid',
  404: 'The object you are looking for could not be found',
  500: 'internal server error',
  502: 'bad gateway',
  503: 'Service temporarily unavailable',
};

/** The error for an answer that is not a 2xx: knife's words first, then what to do where we know it. */
export function refusal(status: number, body: Buffer, asker: Asker, path: string): RefusedError {
  const said = saidIn(body);
  const { serverUrl, userName, keySource } = asker;
  switch (status) {
    case 401:
      return new RefusedError(
        status,
        said,
        `Failed to authenticate to ${serverUrl} as ${userName} with key ${keySource}`,
        [`Response:  ${said}`, ...unauthorizedAdvice(said, userName)],
      );
    case 403:
      return new RefusedError(
        status,
        said,
        `You authenticated successfully to ${serverUrl} as ${userName} but you are not authorized for this action.`,
        [`Response:  ${said}`, ...(path.startsWith('pushy/') ? RIGHTS : [])],
      );
    case 406:
      return new RefusedError(status, said, `${serverUrl} does not speak this program's version`, [
        `Response: ${said}`,
      ]);
    default: {
      const words = WORDS[status] ?? STATUS_CODES[status] ?? `HTTP status ${status}`;
      const advice = status === 404 ? addressAdvice(serverUrl) : [];
      return new RefusedError(status, said, words, [`Response: ${said}`, ...advice]);
    }
  }
}

/** REFERENCE 6: who may do what. */
const RIGHTS = [
  'Jobs are started by members of the group pushy_job_writers (without that group: admins),',
  'and seen by members of pushy_job_readers (without that group: everybody in the organization).',
];

function addressAdvice(serverUrl: string): string[] {
  if (/\/organizations\/[^/]+\/*$/.test(serverUrl)) return [];
  return [
    `chef_server_url lacks its organization: ${serverUrl.replace(/\/+$/, '')}/organizations/NAME`,
  ];
}

function unauthorizedAdvice(said: string, userName: string): string[] {
  // REFERENCE 4.3: the three reasons for a 401.
  if (said.includes('Synchronize the clock')) {
    return [
      "This host's clock and the server's are 15 minutes or more apart: set this host's clock.",
    ];
  }
  if (said.startsWith('Invalid signature')) {
    return [`The key is not the one that the server knows for ${userName}.`];
  }
  return [];
}

/** `error` of a JSON body, its texts joined by `; `; else the body as it is. */
function saidIn(body: Buffer): string {
  const text = body.toString();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return text;
  }
  const error = isRecord(parsed) ? parsed['error'] : undefined;
  if (Array.isArray(error)) return error.map(String).join('; ');
  return typeof error === 'string' ? error : '';
}

/** The error for an answer that sends us elsewhere: a signed request is not carried to another address. */
export function redirected(url: string, location: string): CliError {
  return new CliError('answer', `Invalid Redirect: ${url} was redirected to ${location}`, {
    advice: ["Change chef_server_url to the server's own address (http or https, full name)."],
  });
}

const UNREACHED: Record<string, (url: string) => string> = {
  ECONNREFUSED: (url) => `Connection refused connecting to ${url}`,
  ENOTFOUND: (url) => `Unknown host name in ${url}`,
  EAI_AGAIN: (url) => `The host name in ${url} cannot be looked up now`,
  ECONNRESET: (url) => `Connection reset by ${url}`,
  UND_ERR_SOCKET: (url) => `Connection closed by ${url} before it answered`,
  UND_ERR_CONNECT_TIMEOUT: (url) => `Timeout connecting to ${url}`,
  UND_ERR_HEADERS_TIMEOUT: (url) => `Timeout waiting for ${url}`,
  UND_ERR_BODY_TIMEOUT: (url) => `Timeout waiting for ${url}`,
  ETIMEDOUT: (url) => `Timeout connecting to ${url}`,
};

const TLS =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|EPROTO$|HOSTNAME_MISMATCH)/;

/** What OpenSSL says when the other end answers in plain text. */
const NOT_TLS = /wrong.version.number|packet.length.too.long/i;

const NOT_TLS_ADVICE = [
  'That port does not speak TLS: is chef_server_url to begin with http://, or is its port another?',
];

const CERTIFICATE_ADVICE = [
  "If your server uses a self-signed certificate, put it into the configuration's directory",
  'trusted_certs (or the one that the setting trusted_certs_dir names) as a .crt file.',
];

/** True when the request cannot have reached the server, so that even a POST may be tried again. */
export function neverSent(error: unknown): boolean {
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'].includes(
    codeOf(rootOf(error)),
  );
}

/** The error for a request that got no answer. */
export function unreached(error: unknown, url: string): CliError {
  const root = rootOf(error);
  const code = codeOf(root);
  if (TLS.test(code)) {
    return new CliError('tls', 'Could not establish a secure connection to the server.', {
      advice: [
        `${url}: ${messageOf(root).trim()} (${code})`,
        ...(NOT_TLS.test(`${code} ${messageOf(root)}`) ? NOT_TLS_ADVICE : CERTIFICATE_ADVICE),
      ],
      cause: error,
    });
  }
  const name = error instanceof Error ? error.name : '';
  const words =
    name === 'TimeoutError'
      ? `Timeout waiting for ${url}`
      : (UNREACHED[code]?.(url) ?? `${url}: ${messageOf(root)}`);
  return new CliError('network', `Network Error: ${words}`, {
    advice: ['Check your knife configuration and network settings'],
    cause: error,
  });
}

/** Errors of several addresses, or of a proxy, wrap the one that says what happened. */
function rootOf(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors[0];
  if (error instanceof Error && codeOf(error) === '' && error.cause instanceof Error)
    return error.cause;
  return error;
}
