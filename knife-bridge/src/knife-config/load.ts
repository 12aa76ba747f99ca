import { dirname, join, resolve } from 'node:path';
import { CliError } from '../errors.ts';
import type { TlsSettings } from '../tls.ts';
import { readCredentials, type Credentials } from './credentials.ts';
import { findPlaces, type Places, type Surroundings } from './places.ts';
import { defaultKeyFile, readKey, readKeyFile, type SigningKey } from './private-key.ts';
import { readRubyFiles, type RubySettings } from './ruby-files.ts';
import { makeSettings, type Settings } from './settings.ts';

/** What the command line itself says. */
export interface ConfigFlags {
  config?: string;
  user?: string;
  key?: string;
  serverUrl?: string;
  profile?: string;
  /** NAME=VALUE each. */
  configOption?: readonly string[];
  fips?: boolean;
}

/** All that a command needs to speak to a Chef server. */
export interface KnifeConfig {
  /** As it was written, a slash at its end included. */
  serverUrl: string;
  userName: string;
  /** Reads the key; throws where there is none. */
  signingKey: () => SigningKey;
  signatureVersion: '1.0' | '1.1' | '1.3';
  tls: TlsSettings;
  proxy: { http?: string; https?: string; none?: string };
  /** How often a failed request is tried again, and how long between, in milliseconds. */
  retries: { count: number; delayMs: number };
  /** A request's deadline, milliseconds. */
  timeoutMs: number;
  /** The settings of `knife[:…]`. */
  knife: ReadonlyMap<string, unknown>;
  /** Files that were read, and what was odd in them. */
  notes: readonly string[];
}

/** Reads knife's configuration as knife 18 does: credentials, then config.rb and config.d, then the flags. */
export async function loadKnifeConfig(
  world: Surroundings,
  flags: ConfigFlags,
): Promise<KnifeConfig> {
  const places = findPlaces(world, flags.config);
  const credentials = readCredentials(world, places, flags.profile);
  const ruby =
    places.configFile === undefined ? undefined : await readRubyFiles(world, places.configFile);
  const { settings, knife } = merge(world, places, flags, credentials, ruby);
  const userName = settings.text('node_name') ?? world.login;
  const serverUrl = serverUrlOf(settings, places);
  return {
    serverUrl,
    userName,
    signingKey: () => signingKeyOf(world, settings, places, userName),
    signatureVersion: signatureVersionOf(settings),
    tls: tlsOf(world, settings, places),
    proxy: proxyOf(world, settings),
    retries: {
      count: settings.number('http_retry_count') ?? 5,
      delayMs: (settings.number('http_retry_delay') ?? 5) * 1000,
    },
    timeoutMs: (settings.number('rest_timeout') ?? 300) * 1000,
    knife,
    notes: notesOf(places, credentials, ruby),
  };
}

/** Flags over `knife[:…]` over plain settings; in each, Ruby files over credentials. */
function merge(
  world: Surroundings,
  places: Places,
  flags: ConfigFlags,
  credentials: Credentials | undefined,
  ruby: RubySettings | undefined,
): { settings: Settings; knife: Map<string, unknown> } {
  const { knife: credentialsKnife, ...plain } = credentials?.values ?? {};
  const knife = new Map<string, unknown>([
    ...Object.entries(
      typeof credentialsKnife === 'object' && credentialsKnife !== null ? credentialsKnife : {},
    ),
    ...(ruby?.knife ?? []),
  ]);
  const values = new Map<string, unknown>(Object.entries(plain));
  const key = values.get('client_key');
  // A path in the credentials starts at ~/.chef, not at the configuration file.
  if (typeof key === 'string' && key.startsWith('-----BEGIN')) {
    values.delete('client_key');
    values.set('client_key_contents', key);
  } else if (typeof key === 'string' && places.dotChef !== undefined && !key.startsWith('~')) {
    values.set('client_key', resolve(places.dotChef, key));
  }
  for (const [name, value] of ruby?.settings ?? []) values.set(name, value);
  for (const name of ['node_name', 'client_key', 'chef_server_url']) {
    if (knife.has(name)) values.set(name, knife.get(name));
  }
  for (const option of flags.configOption ?? []) {
    const [name = '', ...value] = option.split('=');
    if (value.length === 0) {
      throw new CliError('usage', `--config-option ${option} is not OPTION=VALUE`);
    }
    values.set(name.trim(), value.join('=').trim());
  }
  if (flags.user !== undefined) values.set('node_name', flags.user);
  if (flags.serverUrl !== undefined) values.set('chef_server_url', flags.serverUrl);
  if (flags.fips !== undefined) values.set('fips', flags.fips);
  if (flags.key !== undefined) {
    values.set('client_key', expand(world, world.cwd, flags.key));
    values.delete('client_key_contents');
  }
  return { settings: makeSettings(values), knife };
}

function serverUrlOf(settings: Settings, places: Places): string {
  const url = settings.text('chef_server_url')?.trim();
  if (url === undefined) {
    throw new CliError('settings', 'No Chef server is configured: nothing sets chef_server_url', {
      advice: [
        'Looked for:',
        ...places.lookedFor.map((file) => `  ${file}`),
        ...(places.dotChef === undefined ? [] : [`  ${join(places.dotChef, 'credentials')}`]),
        'Write one of them, name one with -c, or give --server-url, -u and -k.',
      ],
    });
  }
  if (/^https?:\/\/[^/]/.test(url) && URL.canParse(url)) return url;
  throw new CliError('settings', `chef_server_url '${url}' is not the address of a server`, {
    advice: ['It looks like https://chef.example.com/organizations/NAME.'],
  });
}

function signingKeyOf(
  world: Surroundings,
  settings: Settings,
  places: Places,
  userName: string,
): SigningKey {
  const contents = settings.text('client_key_contents');
  if (contents !== undefined) return readKey(contents, 'in the configuration');
  const named = settings.text('client_key');
  if (named === undefined) return readKeyFile(defaultKeyFile(places, userName));
  const base = places.configFile === undefined ? world.cwd : dirname(places.configFile);
  return readKeyFile(expand(world, base, named));
}

function signatureVersionOf(settings: Settings): '1.0' | '1.1' | '1.3' {
  const named = settings.text('authentication_protocol_version');
  if (named === undefined) return settings.flag('fips') === true ? '1.3' : '1.1';
  if (named === '1.0' || named === '1.1' || named === '1.3') return named;
  throw new CliError('settings', `authentication_protocol_version '${named}' is unknown`, {
    advice: ['Take 1.0, 1.1 or 1.3.'],
  });
}

function tlsOf(world: Surroundings, settings: Settings, places: Places): TlsSettings {
  const base =
    places.configFile === undefined ? (places.dotChef ?? world.cwd) : dirname(places.configFile);
  const path = (name: string): string | undefined => {
    const text = settings.text(name);
    return text === undefined ? undefined : expand(world, world.cwd, text);
  };
  const mode = settings.text('ssl_verify_mode')?.replace(/^:/, '') ?? 'verify_peer';
  const caFile = path('ssl_ca_file') ?? world.env['SSL_CERT_FILE'];
  const optional = {
    caPath: path('ssl_ca_path'),
    caFile,
    clientCert: path('ssl_client_cert'),
    clientKey: path('ssl_client_key'),
  };
  return {
    verify: mode !== 'verify_none' || settings.flag('verify_api_cert') === true,
    trustedCertsDir: path('trusted_certs_dir') ?? join(base, 'trusted_certs'),
    ...present(optional),
  };
}

function proxyOf({ env }: Surroundings, settings: Settings): KnifeConfig['proxy'] {
  // Chef exports its settings to the environment only where the environment says nothing.
  const read = (name: string): string | undefined =>
    env[name] ?? env[name.toUpperCase()] ?? settings.text(name);
  return present({ http: read('http_proxy'), https: read('https_proxy'), none: read('no_proxy') });
}

function notesOf(
  places: Places,
  credentials: Credentials | undefined,
  ruby: RubySettings | undefined,
): string[] {
  return [
    ...(credentials === undefined
      ? []
      : [`Using profile ${credentials.profile} of ${credentials.file}`]),
    ...(places.configFile === undefined ? [] : [`Using configuration from ${places.configFile}`]),
    ...(ruby?.warnings ?? []),
  ];
}

function expand({ env }: Surroundings, base: string, path: string): string {
  const home = env['HOME'] ?? env['USERPROFILE'];
  if (home === undefined || !/^~(?:[\\/]|$)/.test(path)) return resolve(base, path);
  return join(home, path.slice(1));
}

/** An object without the members that are undefined. */
function present<T extends Record<string, string | undefined>>(
  values: T,
): { [K in keyof T]?: string } {
  const some: { [K in keyof T]?: string } = {};
  for (const name in values) {
    const value = values[name];
    if (value !== undefined) some[name] = value;
  }
  return some;
}
