import { readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import {
  readRubyConfig,
  RubyConfigError,
  toPlain,
  type RubyConfig,
  type Setting,
} from '@pushy/ruby-config';
import { ServerError } from './errors.ts';
import {
  KEYS,
  nameOf,
  REFUSED,
  SETTINGS,
  WITHOUT_EFFECT,
  type SettingKey,
  type Settings,
} from './settings.ts';

/** The settings of this process, compiled and frozen; the rest of the server sees only this. */
export type Config = Settings & {
  readonly serverName: string;
  /** Contents of `chef_superuser_key` and `chef_ca_file`, PEM. */
  readonly chefSuperuserPem?: string;
  readonly chefCaPem?: string;
};

/** What the settings were read with: remarks for the log. */
export interface ReadConfig {
  config: Config;
  warnings: readonly string[];
}

export interface ConfigSources {
  /** A file that must exist. Without it the default file is read if there is one. */
  file?: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** Where the packages of the original keep it (ADDON B.4). */
export const DEFAULT_CONFIG_FILE = '/etc/opscode-push-jobs-server/opscode-push-jobs-server.rb';

/** The hash of the server's settings in the file. */
const OBJECT = 'opscode_pushy_server';
/** Hashes that the original predefines beside it; what they say is read by later versions. */
const OTHER_OBJECTS = ['postgresql', 'bootstrap', 'oc_chef_pedant'] as const;
const ENV_PREFIX = 'PUSHY_';

/** A value and where it stands, for messages. */
interface Given {
  value: unknown;
  place: string;
}

/** Reads the file, then the environment above it. Rejects with a ServerError that names file, line and remedy. */
export async function readConfig({ file, env }: ConfigSources): Promise<ReadConfig> {
  const warnings: string[] = [];
  const given = new Map<SettingKey, Given>();
  const ruby = await readRuby(file, env);
  for (const { file: at, line, message } of ruby?.warnings ?? []) {
    refuseMistyped(`${at}:${line}`, message);
    warnings.push(`${at}:${line}: ${message}`);
  }
  for (const [name, setting] of namedIn(ruby)) take(name, givenBy(setting), given, warnings);
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(ENV_PREFIX) || value === undefined) continue;
    const name = variable.slice(ENV_PREFIX.length).toLowerCase();
    take(name, { value, place: variable }, given, warnings);
  }
  return { config: await complete(compile(given), given), warnings };
}

async function readRuby(
  file: string | undefined,
  env: ConfigSources['env'],
): Promise<RubyConfig | undefined> {
  const path = resolve(file ?? DEFAULT_CONFIG_FILE);
  let source: string;
  try {
    source = await readFile(path, 'utf8');
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    if (missing && file === undefined) return undefined;
    throw new ServerError('bad_config', `the configuration file ${path} cannot be read`, { cause });
  }
  try {
    return await readRubyConfig(source, {
      file: path,
      env,
      relevant: new Set([OBJECT, ...KEYS.keys(), ...Object.keys(REFUSED)]),
      objects: [OBJECT, ...OTHER_OBJECTS],
      readFile: includedFile,
    });
  } catch (cause) {
    if (cause instanceof RubyConfigError)
      throw new ServerError('bad_config', cause.message, { cause });
    throw cause;
  }
}

/**
 * A name that nobody knows, in a file that holds settings of this server alone, is a mistyped one (Ruby would
 * have stopped there as well): with it skipped, the server would run with other ports, keys and data.
 */
function refuseMistyped(place: string, warning: string): void {
  const name = /^skipped: [`'](\w+)[`'] is neither quoted nor set above/.exec(warning)?.[1];
  if (name === undefined) return;
  throw new ServerError(
    'bad_config',
    `${place}: ${name} is no name that this server knows. Settings are written ${OBJECT}['name'] = value.`,
  );
}

function includedFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // the reader says which line asked for it
  }
}

/** The bare names of the original's documentation, then the hash, which is what the original obeyed (ADDON B.4). */
function namedIn(ruby: RubyConfig | undefined): (readonly [string, Setting])[] {
  if (ruby === undefined) return [];
  const bare = [...ruby.settings].filter(
    ([name]) => KEYS.has(name) || Object.hasOwn(REFUSED, name),
  );
  return [...bare, ...(ruby.objects.get(OBJECT) ?? [])];
}

function givenBy({ value, file, line }: Setting): Given {
  return { value: toPlain(value), place: `${file}:${line}` };
}

function take(name: string, given: Given, all: Map<SettingKey, Given>, warnings: string[]): void {
  const key = KEYS.get(name);
  if (key !== undefined) {
    all.set(key, given);
    return;
  }
  if (Object.hasOwn(REFUSED, name)) {
    throw new ServerError(
      'bad_config',
      `${given.place}: ${name} is not supported: ${REFUSED[name] ?? ''}. Remove the setting.`,
    );
  }
  const reason = Object.hasOwn(WITHOUT_EFFECT, name) ? WITHOUT_EFFECT[name] : undefined;
  warnings.push(
    reason === undefined
      ? `${given.place}: the setting ${name} is not known`
      : `${given.place}: ${name} has no effect: ${reason}`,
  );
}

function compile(given: ReadonlyMap<SettingKey, Given>): Settings {
  const values = Object.entries(SETTINGS).map(([key, spec]) => {
    const { value, place } = given.get(key as SettingKey) ?? {
      value: spec.default,
      place: 'default',
    };
    const judged = spec.kind(value);
    if (judged.ok) return [key, judged.value];
    throw new ServerError(
      'bad_config',
      `${place}: ${nameOf(key)} must be ${judged.wanted}, not ${shown(key, value)}`,
    );
  });
  return Object.fromEntries(values) as Settings;
}

/** A URL of a database may hold a password. */
function shown(key: string, value: unknown): string {
  return key === 'databaseUrl' ? 'what stands there' : JSON.stringify(value);
}

/** What depends on more than one setting, or on files that settings name. */
async function complete(
  settings: Settings,
  given: ReadonlyMap<SettingKey, Given>,
): Promise<Config> {
  const chefSuperuserPem = await pemOf('chefSuperuserKey', settings, given);
  const chefCaPem = await pemOf('chefCaFile', settings, given);
  if (settings.chefServerUrl !== undefined && chefSuperuserPem === undefined) {
    const place = given.get('chefServerUrl')?.place ?? 'default';
    throw new ServerError(
      'bad_config',
      `${place}: chef_server_url needs chef_superuser_key: the private key of '${settings.chefSuperuser}'`,
    );
  }
  return Object.freeze({
    ...settings,
    dir: resolve(settings.dir),
    serverName: settings.serverName ?? hostname(),
    ...(chefSuperuserPem === undefined ? {} : { chefSuperuserPem }),
    ...(chefCaPem === undefined ? {} : { chefCaPem }),
  });
}

async function pemOf(
  key: 'chefSuperuserKey' | 'chefCaFile',
  settings: Settings,
  given: ReadonlyMap<SettingKey, Given>,
): Promise<string | undefined> {
  const path = settings[key];
  if (path === undefined) return undefined;
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const place = given.get(key)?.place ?? 'default';
    throw new ServerError('bad_config', `${place}: ${nameOf(key)}: ${path} cannot be read`, {
      cause,
    });
  });
  if (text.includes('-----BEGIN ')) return text;
  throw new ServerError('bad_config', `${nameOf(key)}: ${path} holds no PEM`);
}
