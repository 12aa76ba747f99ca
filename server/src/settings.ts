import { DATABASE_SETTINGS } from './settings-database.ts';
import { OPERATION_SETTINGS } from './settings-operation.ts';
import {
  absolutePath,
  flag,
  hostName,
  listenAddress,
  number,
  oneOf,
  optional,
  text,
  url,
  whole,
  zeromqAddress,
} from './setting-kinds.ts';
import { MAX_S, port, setting, type SettingSpec } from './setting-spec.ts';

/** Every setting that has an effect (REFERENCE 1, ADDON B.4). docs/settings.md is held against this table. */
export const SETTINGS = {
  dir: setting(
    absolutePath,
    '/var/opt/opscode-push-jobs-server/opscode-pushy-server',
    'directory',
    'Keys, the embedded database and the control socket.',
  ),
  listen: setting(listenAddress, '127.0.0.1', 'address', 'Where the HTTP API listens.'),
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
  zmqIoProcesses: setting(
    whole(1, 64),
    1,
    'threads',
    'That read, write and encrypt what nodes say and are told; one more serves the broadcasts.',
  ),
  serverName: setting(
    optional(hostName),
    null,
    'host name',
    'The host that nodes connect to; not set: vip, else the name of this machine.',
  ),
  vip: setting(
    optional(hostName),
    null,
    'host name',
    'The name for nodes where server_name is not set.',
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
  waitCompleteTime: setting(
    number(0, MAX_S),
    5,
    's',
    'How long a finished job and its feed stay in memory.',
  ),
  keepAliveTime: setting(
    number(0.05, MAX_S),
    15,
    's',
    'A feed that was silent so long gets a comment.',
  ),
  orgFeedExpiration: setting(
    number(0, MAX_S),
    60,
    's',
    'How far back the feed of an organization goes.',
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
  admissionCheckInterval: setting(
    whole(0, MAX_S),
    3600,
    's',
    'How often the directory is asked whether the client of an admitted node still exists. 0: never.',
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
    optional(absolutePath),
    null,
    'file',
    'Private key (PEM) of that user. Needed with chef_server_url.',
  ),
  chefApiVersion: setting(text, '11.1.0', '', 'X-Chef-Version of the calls to the Chef server.'),
  chefCaFile: setting(
    optional(absolutePath),
    null,
    'file',
    'Certificates (PEM) to trust for the Chef server, beside the well-known ones.',
  ),
  trustedCertsDir: setting(
    optional(text),
    null,
    'directory',
    'Certificates to trust for the Chef server as well: every *.crt and *.pem in it.',
  ),
  ibrowseMaxSessions: setting(
    whole(1, 1024),
    64,
    'connections',
    'To the Chef server, at most; further calls wait within chef_timeout.',
  ),
  ibrowseMaxPipelineSize: setting(
    whole(1, 64),
    1,
    'calls',
    'Sent on one of these connections before the first is answered.',
  ),
  chefVerifyTls: setting(flag, true, '', 'Check the certificate of the Chef server.'),
  chefTimeout: setting(number(0.1, 300), 10, 's', 'How long one call to the Chef server may take.'),
  groupReuseTime: setting(
    whole(0, 60_000),
    0,
    'ms',
    'How long an answer about a group is used again.',
  ),
  ...DATABASE_SETTINGS,
  ...OPERATION_SETTINGS,
} as const satisfies Record<string, SettingSpec<unknown>>;

export type SettingKey = keyof typeof SETTINGS;

/** The values of all settings. */
export type Settings = {
  readonly [K in SettingKey]: (typeof SETTINGS)[K] extends SettingSpec<infer T> ? T : never;
};
