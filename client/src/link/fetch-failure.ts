import type { CauseName } from '../doctor/causes.ts';

/** Why the configuration was not fetched. */
export interface FetchFailure {
  readonly cause: CauseName;
  readonly what: string;
  readonly where: string;
  readonly advice: string;
}

type Known = readonly [CauseName, advice: string];

/** Why the configuration was not fetched, with what a person can do: by the system's error code. */
const BY_CODE: Readonly<Record<string, Known>> = {
  ECONNREFUSED: [
    'api_refused',
    'Nothing listens there: is the Chef server up, and is chef_server_url right?',
  ],
  ECONNRESET: [
    'api_cut',
    'The connection was cut: look at the Chef server and at proxies on the way; with http://, that port may want https://.',
  ],
  ENOTFOUND: [
    'name_unknown',
    'The name of the server is unknown here: check chef_server_url and DNS.',
  ],
  EAI_AGAIN: ['resolver_silent', 'DNS does not answer: check the resolver of this host.'],
  ETIMEDOUT: ['api_unreachable', 'No answer: check routes and firewalls.'],
  EHOSTUNREACH: ['api_unreachable', 'There is no way to the server: check routes and firewalls.'],
  ENETUNREACH: ['api_unreachable', 'There is no way to the server: check routes and firewalls.'],
  proxy: [
    'proxy_failed',
    'Check http_proxy or https_proxy with its user and password, and no_proxy for servers that are near.',
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'certificate_name',
    "The server's certificate is for another name: use that name in chef_server_url.",
  ],
};

/** By the status of the answer. */
const BY_STATUS: Readonly<Record<number, Known>> = {
  400: [
    'request_refused',
    'The server does not understand this agent: is it a Push Jobs server of version 2 or later?',
  ],
  401: [
    'key_refused',
    'The server knows no client of this name, or has another key for it: check node_name, client_key and the clock of this host.',
  ],
  403: [
    'client_refused',
    'This client may not have the configuration: node_name must be the name of the client.',
  ],
  404: [
    'no_push_server',
    'There is no such organization, or no Push Jobs server behind this Chef server.',
  ],
  407: [
    'proxy_failed',
    'A proxy on the way wants a user and a password: check http_proxy_user and http_proxy_pass.',
  ],
  502: ['push_server_down', 'The Push Jobs server is down, or cannot reach the Chef server.'],
  503: ['push_server_busy', 'The Push Jobs server is not ready yet.'],
};

/** A port that speaks TLS, or does not, against what chef_server_url says; the words of OpenSSL and of the parser are no help. */
const SCHEME = {
  plain: {
    cause: 'scheme_wrong',
    what: 'what answers there does not speak TLS',
    advice: 'Is chef_server_url to begin with http://, or is its port another?',
  },
  tls: {
    cause: 'scheme_wrong',
    what: 'what answers there wants TLS',
    advice: 'Is chef_server_url to begin with https://, or is its port another?',
  },
} as const;

const NOT_HTTP: Known = [
  'answer_unreadable',
  'What answers there does not speak HTTP: is the port in chef_server_url right?',
];

const ASK_SERVER = 'Look at the log of the Push Jobs server.';

/** Of a request that got no answer. */
export function requestFailure(error: unknown, where: string): FetchFailure {
  const cause = error instanceof Error && error.name === 'AbortError' ? error.cause : error;
  // OpenSSL ends its messages with a newline.
  const what = (cause instanceof Error ? cause.message : String(cause)).trim();
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (/wrong version number|packet length too long/.test(what)) return { ...SCHEME.plain, where };
  if (code.startsWith('HPE_') && isTlsAlert(cause)) return { ...SCHEME.tls, where };
  const [name, advice] = code.startsWith('HPE_')
    ? NOT_HTTP
    : (BY_CODE[code] ?? ofCertificate(code));
  return { cause: name, what, where, advice };
}

/** An http:// URL whose port wants TLS. */
export function wantsTls(where: string): FetchFailure {
  return { ...SCHEME.tls, where };
}

/** The bytes that the parser of HTTP could not read begin a record of TLS. */
function isTlsAlert(error: unknown): boolean {
  const bytes = error instanceof Error && 'rawPacket' in error ? error.rawPacket : undefined;
  return bytes instanceof Uint8Array && bytes[0] === 0x15 && bytes[1] === 3;
}

/** Of an answer that is not 200. */
export function answerFailure(status: number, body: string, where: string): FetchFailure {
  // nginx says this in a page of its own.
  if (status === 400 && /plain HTTP request was sent to HTTPS port/i.test(body))
    return wantsTls(where);
  const what = `status ${status}: ${body.slice(0, 200).trim()}`;
  const [cause, advice] = BY_STATUS[status] ?? (['server_error', ASK_SERVER] as const);
  return { cause, what, where, advice };
}

/** Of an answer that is no configuration. */
export function contentFailure(
  cause: CauseName,
  what: string,
  where: string,
  advice = ASK_SERVER,
): FetchFailure {
  return { cause, what, where, advice };
}

function ofCertificate(code: string): Known {
  return /CERT|SIGNATURE|ISSUER|ERR_TLS|ERR_SSL/.test(code)
    ? [
        'certificate_untrusted',
        "The server's certificate is not trusted: put its CA into trusted_certs_dir, or name it in ssl_ca_file.",
      ]
    : ['api_unreachable', 'Check chef_server_url and the network.'];
}
