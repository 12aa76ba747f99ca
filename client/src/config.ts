import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { RubyConfig } from '@pushy/ruby-config';
import type { CommandLine } from './command-line.ts';
import { readWhitelist } from './config-whitelist.ts';
import { configValues, type ConfigValues } from './config-values.ts';
import { AgentError, messageOf } from './errors.ts';
import type { Trust } from './http-get.ts';
import { LOG_LEVELS, type LogLevel } from './log.ts';
import type { ReadAnswer, ReadRequest } from './process/read-config.ts';
import { readTrust } from './trust.ts';
import type { WhitelistEntry } from './whitelist.ts';

/** What an agent runs with; compiled once, at the start. */
export interface AgentSettings {
  /** With the path of its organization. */
  readonly serverUrl: string;
  readonly nodeName: string;
  readonly hostName: string;
  readonly clientKey: KeyObject;
  readonly trust: Trust;
  readonly whitelist: readonly WhitelistEntry[];
  /** The file sets no whitelist. */
  readonly isDefaultWhitelist: boolean;
  /** chef-client's own lock file: what `lock: true` means. */
  readonly lockFile: string;
  /** What has to outlive the agent; its own alone. */
  readonly stateDir: string;
  readonly fileDir: string;
  readonly fileDirExpiryMs: number;
  /** Bytes of output that one run may send, both streams together, encoded. */
  readonly maxBodySize: number;
  readonly allowUnencrypted: boolean;
  /** Environment variables that a job may set; absent: all. */
  readonly allowedEnv?: readonly string[];
  /** Environment that every job inherits. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logLevel: LogLevel;
  /** Path of the log file; absent: standard output. */
  readonly logFile?: string;
  readonly showTime: boolean;
  readonly warnings: readonly string[];
}

/** What the settings are taken from. */
export interface ConfigSources {
  readonly options: CommandLine;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (request: ReadRequest) => Promise<ReadAnswer>;
  readonly shortHostName: string;
  /** Runs as root, for which Chef's own directories are. */
  readonly isRoot: boolean;
  /** Asked only where no node name is set: the reference takes Ohai's fqdn. */
  readonly fullHostName: () => Promise<string>;
}

/** Looked for in this order, when the command line names none (ADDON C.3). */
const DEFAULT_FILES = [
  '/etc/chef/chef-push-client.rb',
  '/etc/chef/push-jobs-client.rb',
  '/etc/chef/client.rb',
];

/** Settings that are never guessed: what could touch one and cannot be read stops the agent. */
const RELEVANT: ReadonlySet<string> = new Set([
  'allow_unencrypted',
  'allowed_overwritable_env_vars',
  'cache_path',
  'chef_server_url',
  'client_key',
  'client_key_contents',
  'file_cache_path',
  'file_dir',
  'file_dir_expiry',
  'lockfile',
  'log_level',
  'log_location',
  'max_body_size',
  'node_name',
  'ssl_ca_file',
  'ssl_ca_path',
  'ssl_client_cert',
  'ssl_client_key',
  'ssl_verify_mode',
  'state_dir',
  'trusted_certs_dir',
  'verify_api_cert',
  'whitelist',
]);

const NO_FILE: RubyConfig = {
  settings: new Map(),
  objects: new Map(),
  environment: new Map(),
  constants: new Map(),
  warnings: [],
};

/** Reads configuration file, command line and defaults (ADDON C.3, F.2); throws an AgentError for what is wrong. */
export async function loadSettings(sources: ConfigSources): Promise<AgentSettings> {
  const { options } = sources;
  const file = configFile(options.config);
  const config = file === undefined ? NO_FILE : await readConfig(file, sources);
  const values = configValues(config);
  const environment = jobEnvironment(sources.env, config);
  const allowedEnv = values.texts('allowed_overwritable_env_vars');
  const logFile = logLocation(options, values);
  const url = serverUrl(options.server ?? values.text('chef_server_url'), values, file);
  const node = nodeName(options, values) ?? (await sources.fullHostName());
  return {
    serverUrl: url,
    nodeName: node,
    hostName: sources.shortHostName,
    clientKey: clientKey(options, values),
    trust: trust(values, environment, file),
    whitelist: await whitelist(values),
    isDefaultWhitelist: values.raw('whitelist') === undefined,
    lockFile: lockFile(values),
    stateDir: values.text('state_dir') ?? defaultStateDir(url, node, values, sources),
    fileDir: options.fileDir ?? values.text('file_dir') ?? '/tmp/chef-push',
    fileDirExpiryMs: (values.whole('file_dir_expiry') ?? 86_400) * 1000,
    maxBodySize: options.maxBodySize ?? values.whole('max_body_size') ?? 63_000,
    allowUnencrypted: options.allowUnencrypted ?? values.flag('allow_unencrypted') ?? false,
    ...(allowedEnv === undefined ? {} : { allowedEnv }),
    environment,
    logLevel: options.logLevel ?? logLevel(values),
    ...(logFile === undefined ? {} : { logFile }),
    showTime: config.showTime ?? true,
    warnings: config.warnings.map((w) => `${w.file}:${w.line}: ${w.message}`),
  };
}

function configFile(named: string | undefined): string | undefined {
  if (named === undefined) return DEFAULT_FILES.find((file) => existsSync(file));
  const file = resolve(named);
  if (existsSync(file)) return file;
  throw new AgentError('no_config', `there is no configuration file ${file}`);
}

async function readConfig(file: string, { env, readFile }: ConfigSources): Promise<RubyConfig> {
  let answer: ReadAnswer;
  try {
    answer = await readFile({ file, env: { ...env }, relevant: RELEVANT });
  } catch (error) {
    const what = `${file} cannot be read: ${messageOf(error)}`;
    throw new AgentError('bad_config', what, { cause: error });
  }
  if (answer.ok) return answer.config;
  throw new AgentError('bad_config', answer.message);
}

/** `ENV['X'] = …` in the file reaches every job: this is how people set variables (ADDON F.1). */
function jobEnvironment(
  env: ConfigSources['env'],
  { environment }: RubyConfig,
): Record<string, string> {
  const merged = Object.entries({ ...env, ...Object.fromEntries(environment) });
  return Object.fromEntries(
    merged.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

function serverUrl(
  given: string | undefined,
  values: ConfigValues,
  file: string | undefined,
): string {
  const advice =
    'it must be the URL of the Chef server with its organization, https://HOST/organizations/ORG';
  if (given === undefined) {
    const where = file === undefined ? 'no configuration file, no --server' : file;
    throw new AgentError('bad_config', `${where}: chef_server_url is not set: ${advice}`);
  }
  const text = given.trim();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url === undefined || !isHttp || !/\/organizations\/[^/]+\/?$/.test(url.pathname)) {
    throw new AgentError('bad_config', `${values.place('chef_server_url')} '${text}': ${advice}`);
  }
  return text;
}

function nodeName(options: CommandLine, values: ConfigValues): string | undefined {
  const name = options.nodeName ?? values.text('node_name');
  if (name !== '') return name;
  const where = options.nodeName === undefined ? values.place('node_name') : '--node-name';
  throw new AgentError('bad_config', `${where} must not be empty`);
}

function clientKey(options: CommandLine, values: ConfigValues): KeyObject {
  const contents = options.clientKey === undefined ? values.text('client_key_contents') : undefined;
  const file = options.clientKey ?? values.text('client_key') ?? '/etc/chef/client.pem';
  const where = contents === undefined ? file : 'client_key_contents';
  try {
    const key = createPrivateKey(contents ?? readFileSync(file));
    if (key.asymmetricKeyType !== 'rsa') throw new Error('it is not an RSA key');
    return key;
  } catch (error) {
    const what = `client_key ${where} cannot be used: ${messageOf(error)}`;
    throw new AgentError('bad_key', what, { cause: error });
  }
}

function trust(
  values: ConfigValues,
  environment: Readonly<Record<string, string>>,
  file: string | undefined,
): Trust {
  const settings = {
    verifyMode: (values.text('ssl_verify_mode') ?? 'verify_peer').replace(/^:/, ''),
    verifyApiCert: values.flag('verify_api_cert') ?? false,
    caPath: values.text('ssl_ca_path'),
    caFile: values.text('ssl_ca_file') ?? environment['SSL_CERT_FILE'],
    trustedCertsDir:
      values.text('trusted_certs_dir') ??
      (file === undefined ? undefined : join(dirname(file), 'trusted_certs')),
    clientCert: values.text('ssl_client_cert'),
    clientKey: values.text('ssl_client_key'),
  };
  if (settings.verifyMode !== 'verify_peer' && settings.verifyMode !== 'verify_none') {
    const what = `${values.place('ssl_verify_mode')} must be :verify_peer or :verify_none`;
    throw new AgentError('bad_config', what);
  }
  return readTrust(settings);
}

async function whitelist(values: ConfigValues): Promise<WhitelistEntry[]> {
  const setting = values.raw('whitelist');
  if (setting === undefined) return [{ name: 'chef-client', commandLine: 'chef-client' }];
  return readWhitelist(setting.value, values.place('whitelist'));
}

function lockFile(values: ConfigValues): string {
  const cache =
    values.text('file_cache_path') ?? join(values.text('cache_path') ?? '/var/chef', 'cache');
  return values.text('lockfile') ?? join(cache, 'chef-client-running.pid');
}

/** Below Chef's own cache, one for each node: two agents of one host do not share what they run. */
function defaultStateDir(
  url: string,
  node: string,
  values: ConfigValues,
  { env, isRoot }: ConfigSources,
): string {
  const cache =
    values.text('cache_path') ?? (isRoot ? '/var/chef' : join(env['HOME'] ?? '/', '.chef'));
  const org = /[^/]+(?=\/*$)/.exec(new URL(url).pathname)?.[0] ?? '';
  return join(cache, 'push-jobs-client', encodeURIComponent(`${org}_${node}`));
}

function logLevel(values: ConfigValues): LogLevel {
  const given = (values.text('log_level') ?? 'auto').replace(/^:/, '');
  if (given === 'auto') return 'info';
  if (given === 'trace') return 'debug';
  const level = LOG_LEVELS.find((l) => l === given);
  if (level !== undefined) return level;
  const what = `${values.place('log_level')} must be one of ${LOG_LEVELS.join(', ')}`;
  throw new AgentError('bad_config', what);
}

/** A path; STDOUT, STDERR, :syslog and :win_evt mean standard output, which the service manager keeps. */
function logLocation(options: CommandLine, values: ConfigValues): string | undefined {
  const value = options.logfile ?? values.raw('log_location')?.value;
  const first = Array.isArray(value) ? value[0] : value;
  if (typeof first !== 'string' || first === 'STDOUT' || first === 'STDERR') return undefined;
  return first;
}
