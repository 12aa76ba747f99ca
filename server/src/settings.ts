import {
  flag,
  number,
  oneOf,
  optional,
  postgresUrl,
  text,
  url,
  whole,
  zeromqAddress,
  type Kind,
} from './setting-kinds.ts';

/** One setting: everything that is known about it. Its name in files is the table's key in snake case. */
export interface SettingSpec<T> {
  kind: Kind<T>;
  /** As it would stand in a file; null: not set. */
  default: string | number | boolean | null;
  unit: string;
  doc: string;
}

function setting<T>(
  kind: Kind<T>,
  fallback: SettingSpec<T>['default'],
  unit: string,
  doc: string,
): SettingSpec<T> {
  return { kind, default: fallback, unit, doc };
}

const port = whole(0, 65_535);
/** What a timer of Node holds, in seconds. */
const MAX_S = 2_147_483;

/** Every setting that has an effect (REFERENCE 1, ADDON B.4). docs/settings.md is held against this table. */
export const SETTINGS = {
  dir: setting(
    text,
    '/var/opt/opscode-push-jobs-server/opscode-pushy-server',
    'directory',
    'Keys, the embedded database and the control socket.',
  ),
  listen: setting(text, '127.0.0.1', 'address', 'Where the HTTP API listens.'),
  apiPort: setting(
    port,
    10_003,
    'TCP port',
    'The HTTP API; TLS ends at the proxy in front. 0: any free port.',
  ),
  commandPort: setting(
    port,
    10_002,
    'TCP port',
    'Commands to the nodes (ROUTER). 0: any free port.',
  ),
  serverHeartbeatPort: setting(
    port,
    10_000,
    'TCP port',
    'Heartbeats to the nodes (PUB). 0: any free port.',
  ),
  zeromqListenAddress: setting(
    zeromqAddress,
    'tcp://*',
    'address',
    'Where both ZeroMQ sockets listen.',
  ),
  serverName: setting(
    optional(text),
    null,
    'host name',
    'The host that nodes connect to; not set: the name of this machine.',
  ),
  heartbeatInterval: setting(
    whole(50, 3_600_000),
    1000,
    'ms',
    'Period of the heartbeats, both ways.',
  ),
  downThreshold: setting(
    number(0.01, 0.99),
    0.6,
    '',
    'A node whose heartbeat average falls below it is down.',
  ),
  decayWindow: setting(whole(1, 1000), 4, 'intervals', 'How far back the heartbeat average looks.'),
  detectOfflineNodesInterval: setting(
    whole(1, 1000),
    4,
    'intervals',
    'Between two scans for nodes that went away.',
  ),
  rehabTimer: setting(
    whole(10, 3_600_000),
    1000,
    'ms',
    'The first wait before an abort is sent again.',
  ),
  votingTimeout: setting(
    number(0.1, MAX_S),
    60,
    's',
    'How long nodes may take to commit to a job.',
  ),
  abortTimeout: setting(number(0.1, MAX_S), 30, 's', 'How long stopped nodes may take to say so.'),
  restartPolicy: setting(
    oneOf('resume', 'crash'),
    'resume',
    '',
    'What becomes of jobs in flight when the server starts again: they go on, or they are crashed.',
  ),
  defaultRunningTimeout: setting(
    whole(0, MAX_S),
    3600,
    's',
    'run_timeout of a job that names none.',
  ),
  waitCompleteTime: setting(number(0, MAX_S), 5, 's', 'How long a finished job stays in memory.'),
  keepAliveTime: setting(
    number(0.1, 3600),
    15,
    's',
    'After this much silence a feed sends a comment, so that nobody in between ends the connection.',
  ),
  orgFeedExpiration: setting(
    number(1, 86_400),
    60,
    's',
    'How long the events of an organization are kept for readers that come again.',
  ),
  feedMaxConnections: setting(
    whole(0, 4000),
    2000,
    'connections',
    'Feeds that are read at the same time, at most; 503 for more.',
  ),
  configLifetime: setting(
    whole(1, MAX_S),
    3600,
    's',
    'After this an agent asks for its configuration again.',
  ),
  maxBodySize: setting(
    whole(1024, 16_777_216),
    65_536,
    'bytes',
    'The largest ZeroMQ body that is taken; agents are told.',
  ),
  maxTimeSkew: setting(whole(1, MAX_S), 300, 's', 'How far the clocks of nodes may be off.'),
  validateClientNodeName: setting(
    flag,
    true,
    '',
    'A client reads the configuration of the node of its own name alone.',
  ),
  disableCurveEncryption: setting(
    flag,
    false,
    '',
    'No CURVE: what nodes send and hear crosses the network readable.',
  ),
  chefServerUrl: setting(
    optional(url('http', 'https')),
    null,
    'URL',
    'The Chef server that knows users, clients and groups; not set: this server keeps its own.',
  ),
  chefBackend: setting(
    oneOf('chef-server', 'chef-zero', 'goiardi'),
    'chef-server',
    '',
    'What answers at chef_server_url.',
  ),
  chefOrg: setting(
    text,
    'DEFAULT',
    'name',
    'The organization that clients of a goiardi use in URLs.',
  ),
  chefSuperuser: setting(text, 'pivotal', 'name', 'Who signs the calls to the Chef server.'),
  chefSuperuserKey: setting(
    optional(text),
    null,
    'file',
    'Private key (PEM) of that user. Needed with chef_server_url.',
  ),
  chefApiVersion: setting(text, '11.1.0', '', 'X-Chef-Version of the calls to the Chef server.'),
  chefCaFile: setting(
    optional(text),
    null,
    'file',
    'Certificates (PEM) to trust for the Chef server, beside the well-known ones.',
  ),
  chefVerifyTls: setting(flag, true, '', 'Check the certificate of the Chef server.'),
  chefTimeout: setting(number(0.1, 300), 10, 's', 'How long one call to the Chef server may take.'),
  groupReuseTime: setting(
    whole(0, 60_000),
    0,
    'ms',
    'How long an answer about a group is used again.',
  ),
  databaseUrl: setting(
    optional(postgresUrl),
    null,
    'URL',
    'The PostgreSQL database; not set: an embedded one under dir.',
  ),
  dbPoolSize: setting(whole(1, 1000), 20, 'connections', 'To PostgreSQL, at most.'),
  logLevel: setting(
    oneOf('debug', 'info', 'warn', 'error'),
    'info',
    '',
    'The least important line that is logged.',
  ),
} as const satisfies Record<string, SettingSpec<unknown>>;

export type SettingKey = keyof typeof SETTINGS;

/** The values of all settings. */
export type Settings = {
  readonly [K in SettingKey]: (typeof SETTINGS)[K] extends SettingSpec<infer T> ? T : never;
};

/** Other names of settings: of the original's files, its documentation and the Chef server's cookbook. */
export const ALIASES: Readonly<Record<string, SettingKey>> = {
  server_name_advertised: 'serverName',
  erchef_root_url: 'chefServerUrl',
};

/** Settings of the original that have no effect here, with the reason. */
export const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  enable: 'whoever starts the server decides',
  ha: 'several servers are not supported yet',
  vip: 'nothing is generated for nginx yet; the name for nodes is server_name',
  log_directory: 'logs go to standard output',
  log_rotation: 'logs go to standard output',
  ibrowse_max_sessions: 'it belongs to the Erlang server',
  ibrowse_max_pipeline_size: 'it belongs to the Erlang server',
  zmq_io_processes: 'it belongs to the Erlang server',
  enable_graphite: 'Graphite is not supported',
  graphite_host: 'Graphite is not supported',
  graphite_port: 'Graphite is not supported',
};

/** Switches that would let anybody command the nodes; a file that names one is refused (REFERENCE 1). */
export const REFUSED: Readonly<Record<string, string>> = {
  skip_header_validation: 'messages of nodes are always checked',
  ignore_signature_check: 'messages of nodes are always checked',
};

/** `apiPort` -> `api_port`. */
export function nameOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Every setting's key by its names in files. */
export const KEYS: ReadonlyMap<string, SettingKey> = new Map([
  ...(Object.keys(SETTINGS) as SettingKey[]).map((key) => [nameOf(key), key] as const),
  ...Object.entries(ALIASES),
]);
