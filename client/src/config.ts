import type { KeyObject } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { RubyConfig } from '@pushy/ruby-config';
import { readConfigFile, SETTINGS, type ConfigFile, type FileSources } from './config/file.ts';
import { clientKey, keyPlace, keyWarnings, nodeName, serverUrl } from './config/identity.ts';
import { logLevel, logTargets, type LogTarget } from './config/log.ts';
import { misspelt, withHints } from './config/misspelt.ts';
import { originOf, type ConfigOrigin } from './config/reread.ts';
import { configValues, type ConfigValues } from './config/values.ts';
import { readWhitelist } from './config/whitelist.ts';
import { AgentError } from './errors.ts';
import type { Trust } from './http/http-get.ts';
import type { LogLevel } from './log.ts';
import type { HostPaths } from './paths.ts';
import { proxyFor, proxyVariables, type Proxy } from './http/proxy.ts';
import { readTrust } from './http/trust.ts';
import type { WhitelistEntry } from './whitelist.ts';

/** What an agent runs with; compiled once, at the start. */
export interface AgentSettings {
  /** With the path of its organization. */
  readonly serverUrl: string;
  readonly nodeName: string;
  readonly hostName: string;
  readonly clientKey: KeyObject;
  /** Of the signature of requests. */
  readonly signatureVersion: '1.0' | '1.1' | '1.3';
  readonly trust: Trust;
  /** On the way to the Chef server. */
  readonly proxy?: Proxy;
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
  /** File mode bits that new files of the agent and of its jobs do not get. */
  readonly umask: number;
  readonly logLevel: LogLevel;
  readonly logTargets: readonly LogTarget[];
  readonly showTime: boolean;
  readonly warnings: readonly string[];
  /** The configuration file; absent where there is none. */
  readonly configFile?: string;
  readonly origin: ConfigOrigin;
}

/** What the settings are taken from. */
export interface ConfigSources extends FileSources {
  readonly shortHostName: string;
  /** Asked only where no node name is set: the reference takes Ohai's fqdn. */
  readonly fullHostName: () => Promise<string>;
}

/** Reads configuration file, command line and defaults (ADDON C.3, F.2); throws an AgentError for what is wrong. */
export async function loadSettings(sources: ConfigSources): Promise<AgentSettings> {
  const read = await readConfigFile(sources);
  try {
    return await settingsOf(sources, read);
  } catch (error) {
    throw withHints(error, misspelt(read.config, SETTINGS));
  }
}

async function settingsOf(
  sources: ConfigSources,
  { file, config }: ConfigFile,
): Promise<AgentSettings> {
  const { options, paths } = sources;
  const values = configValues(config);
  const environment = jobEnvironment(sources.env, config, values);
  const allowedEnv = values.texts('allowed_overwritable_env_vars');
  const url = serverUrl(options, values, file);
  const node = nodeName(options, values) ?? (await sources.fullHostName());
  const proxy = proxyFor(new URL(url), environment);
  const cache = values.path('cache_path') ?? defaultCache(environment['HOME'], paths);
  const whitelist = await readWhitelist(values);
  const place = keyPlace(options, values, paths.configDir);
  const origin = originOf(config, whitelist.warnings);
  return {
    serverUrl: url,
    nodeName: node,
    hostName: sources.shortHostName,
    clientKey: clientKey(place),
    signatureVersion: signatureVersion(values),
    trust: trust(values, environment, file),
    ...(proxy === undefined ? {} : { proxy }),
    whitelist: whitelist.entries,
    isDefaultWhitelist: whitelist.isDefault,
    lockFile: lockFile(values, cache),
    stateDir: values.path('state_dir') ?? defaultStateDir(url, node, cache),
    fileDir: options.fileDir ?? values.path('file_dir') ?? '/tmp/chef-push',
    fileDirExpiryMs: (values.whole('file_dir_expiry') ?? 86_400) * 1000,
    maxBodySize: options.maxBodySize ?? bodySize(values) ?? 63_000,
    allowUnencrypted: options.allowUnencrypted ?? values.flag('allow_unencrypted') ?? false,
    ...(allowedEnv === undefined ? {} : { allowedEnv }),
    environment,
    umask: umask(values),
    logLevel: logLevel(options, values),
    logTargets: logTargets(options, values),
    showTime: config.showTime ?? true,
    warnings: [
      ...origin.warnings,
      ...fips(values),
      ...(paths.cacheRoot === undefined ? [] : keyWarnings(place)),
    ],
    ...(file === undefined ? {} : { configFile: file }),
    origin,
  };
}

/**
 * `ENV['X'] = …` in the file reaches every job: this is how people set variables (ADDON F.1). So do the proxies, as
 * Chef exports them.
 */
function jobEnvironment(
  env: ConfigSources['env'],
  { environment }: RubyConfig,
  values: ConfigValues,
): Record<string, string> {
  const changed = { ...env, ...Object.fromEntries(environment) };
  const own = Object.fromEntries(
    Object.entries(changed).filter((entry): entry is [string, string] => {
      return typeof entry[1] === 'string';
    }),
  );
  return { ...own, ...proxyVariables(values, own) };
}

function bodySize(values: ConfigValues): number | undefined {
  const bytes = values.whole('max_body_size');
  if (bytes !== 0) return bytes;
  throw new AgentError('bad_config', `${values.place('max_body_size')} must be at least 1`);
}

function signatureVersion(values: ConfigValues): AgentSettings['signatureVersion'] {
  const version = values.text('authentication_protocol_version');
  if (version === undefined) return values.flag('fips') === true ? '1.3' : '1.1';
  if (version === '1.0' || version === '1.1' || version === '1.3') return version;
  const what = `${values.place('authentication_protocol_version')} must be '1.0', '1.1' or '1.3'`;
  throw new AgentError('bad_config', what);
}

function fips(values: ConfigValues): string[] {
  if (values.flag('fips') !== true) return [];
  return [
    `${values.place('fips')}: requests are signed with SHA-256; CURVE is outside of what FIPS 140 approves`,
  ];
}

function trust(
  values: ConfigValues,
  environment: Readonly<Record<string, string>>,
  file: string | undefined,
): Trust {
  const settings = {
    verifyMode: (values.text('ssl_verify_mode') ?? 'verify_peer').replace(/^:/, ''),
    verifyApiCert: values.flag('verify_api_cert') ?? false,
    caPath: values.path('ssl_ca_path'),
    caFile: values.path('ssl_ca_file'),
    certFile: environment['SSL_CERT_FILE'] || undefined,
    certDir: environment['SSL_CERT_DIR'] || undefined,
    trustedCertsDir:
      values.path('trusted_certs_dir') ??
      (file === undefined ? undefined : join(dirname(file), 'trusted_certs')),
    clientCert: values.path('ssl_client_cert'),
    clientKey: values.path('ssl_client_key'),
  };
  if (settings.verifyMode !== 'verify_peer' && settings.verifyMode !== 'verify_none') {
    const what = `${values.place('ssl_verify_mode')} must be :verify_peer or :verify_none`;
    throw new AgentError('bad_config', what);
  }
  try {
    return readTrust(settings);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    const what = error.message.replace(/^\w+(?=: )/, (name) => values.place(name));
    throw new AgentError(error.code, what, { cause: error });
  }
}

function lockFile(values: ConfigValues, cache: string): string {
  const own = values.path('lockfile');
  if (own !== undefined && !isAbsolute(own)) {
    // Each run has a directory of its own: it would lock a file that nobody else knows.
    const what = `${values.place('lockfile')} '${own}': it must be an absolute path`;
    throw new AgentError('bad_config', what);
  }
  if (own !== undefined) return own;
  return resolve(values.path('file_cache_path') ?? join(cache, 'cache'), 'chef-client-running.pid');
}

/** Below Chef's own cache, one for each node: two agents of one host do not share what they run. */
function defaultStateDir(url: string, node: string, cache: string): string {
  const org = /[^/]+(?=\/*$)/.exec(new URL(url).pathname)?.[0] ?? '';
  return join(cache, 'push-jobs-client', encodeURIComponent(`${org}_${node}`));
}

/** As Chef chooses it: who may not write under /var has it at home (ADDON F.2). */
function defaultCache(home: string | undefined, { cachePath, cacheRoot }: HostPaths): string {
  const isOwn = cacheRoot === undefined || [cachePath, cacheRoot].some(isWritable);
  return isOwn || home === undefined ? cachePath : join(home, '.chef');
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

/** A number, as Ruby reads 0022, or a text of octal digits. */
function umask(values: ConfigValues): number {
  const value = values.raw('umask')?.value ?? 0o022;
  const isOctal = typeof value === 'string' && /^0?[0-7]{1,3}$/.test(value);
  const mask = isOctal ? Number.parseInt(value, 8) : value;
  if (typeof mask === 'number' && Number.isInteger(mask) && mask >= 0 && mask <= 0o777) return mask;
  throw new AgentError('bad_config', `${values.place('umask')} must be a file mode such as 0022`);
}
