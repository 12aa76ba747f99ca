/** A cause for which a node is not available: the exit code of `pushy-client doctor`, and its sentence. */
interface Cause {
  readonly exitCode: number;
  readonly sentence: string;
}

/**
 * Every cause, in the order in which they are a verdict: the first that is found is. docs/doctor.md is this
 * table; a code that was given once is never given to another cause.
 */
export const CAUSES = {
  config_missing: {
    exitCode: 10,
    sentence: 'There is no configuration file.',
  },
  config_wrong: {
    exitCode: 11,
    sentence: 'The configuration cannot be used.',
  },
  key_unreadable: {
    exitCode: 12,
    sentence: 'The private key of the client cannot be used.',
  },
  trust_wrong: {
    exitCode: 13,
    sentence: 'The certificates that the configuration names cannot be used.',
  },
  name_unknown: {
    exitCode: 20,
    sentence: 'DNS does not know the name of the Chef server, or of the proxy.',
  },
  resolver_silent: {
    exitCode: 21,
    sentence: 'The resolver of this host does not answer.',
  },
  api_refused: {
    exitCode: 22,
    sentence: 'Nothing listens on the port of the Chef server, or of the proxy.',
  },
  api_unreachable: {
    exitCode: 23,
    sentence: 'The Chef server, or the proxy, does not answer.',
  },
  api_cut: {
    exitCode: 24,
    sentence: 'The connection to the Chef server is cut before it answers.',
  },
  proxy_failed: {
    exitCode: 25,
    sentence: 'The proxy does not let this node through.',
  },
  certificate_untrusted: {
    exitCode: 30,
    sentence: 'The certificate of the Chef server is not trusted here.',
  },
  certificate_name: {
    exitCode: 31,
    sentence: 'The certificate of the Chef server is for another name.',
  },
  scheme_wrong: {
    exitCode: 32,
    sentence: 'chef_server_url says http where that port wants TLS, or https where it speaks none.',
  },
  clock_skew: {
    exitCode: 35,
    sentence: 'The clock of this host and that of the server are too far apart.',
  },
  key_refused: {
    exitCode: 40,
    sentence: 'The server knows no client of this name with this key.',
  },
  client_refused: {
    exitCode: 41,
    sentence: 'This client may not have the configuration of this node.',
  },
  request_refused: {
    exitCode: 42,
    sentence: 'The server does not understand this agent.',
  },
  no_push_server: {
    exitCode: 43,
    sentence: 'There is no such organization, or no Push Jobs server behind this Chef server.',
  },
  push_server_down: {
    exitCode: 44,
    sentence: 'The Push Jobs server is down, or cannot reach the Chef server.',
  },
  push_server_busy: {
    exitCode: 45,
    sentence: 'The Push Jobs server is not ready.',
  },
  server_error: {
    exitCode: 46,
    sentence: 'The server fails.',
  },
  answer_unreadable: {
    exitCode: 47,
    sentence: 'What the server answers is not the configuration of a node.',
  },
  no_encryption: {
    exitCode: 48,
    sentence: 'The server offers no encryption, and allow_unencrypted is not set here.',
  },
  key_outdated: {
    exitCode: 49,
    sentence: 'The server knows another public key of this client.',
  },
  push_name_unknown: {
    exitCode: 50,
    sentence: 'DNS does not know the name of the Push Jobs server.',
  },
  heartbeat_port_closed: {
    exitCode: 51,
    sentence: 'The port of the heartbeats cannot be reached.',
  },
  command_port_closed: {
    exitCode: 52,
    sentence: 'The port of the commands cannot be reached.',
  },
  curve_denied: {
    exitCode: 53,
    sentence: 'The server does not admit the CURVE key that it was given.',
  },
  curve_failed: {
    exitCode: 54,
    sentence: 'The encrypted connection does not come to stand.',
  },
  heartbeat_missing: {
    exitCode: 55,
    sentence: 'No heartbeat of the server arrives.',
  },
  heartbeat_foreign: {
    exitCode: 56,
    sentence: 'The heartbeats are signed by another server, or by an old key.',
  },
  agent_not_running: {
    exitCode: 60,
    sentence: 'No agent of this node runs on this host.',
  },
  node_unavailable: {
    exitCode: 61,
    sentence: 'The agent runs, but the server does not call the node available.',
  },
  agent_elsewhere: {
    exitCode: 62,
    sentence: 'Another agent than that of this configuration speaks for the node.',
  },
  restart_would_fail: {
    exitCode: 63,
    sentence:
      'The agent that runs is connected, but what it would need for a start or a new connection is broken.',
  },
  whitelist_misnamed: {
    exitCode: 64,
    sentence:
      'The configuration sets no whitelist, but something of nearly that name: the default counts from the next start on.',
  },
} as const satisfies Record<string, Cause>;

export type CauseName = keyof typeof CAUSES;
