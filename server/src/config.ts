import { hostname } from 'node:os';
import { readSecrets, type FileSecrets } from './config-files.ts';
import { gather, type ConfigSources, type Gathered, type Given } from './config-source.ts';
import { databaseOf } from './database-url.ts';
import { ServerError } from './errors.ts';
import { nameOf, spelled } from './setting-names.ts';
import { sharedPorts } from './shared-ports.ts';
import { SETTINGS, type SettingKey, type Settings } from './settings.ts';
import type { SettingSpec } from './setting-spec.ts';

export { DEFAULT_CONFIG_FILE, type ConfigSources } from './config-source.ts';

/** The settings of this process, compiled and frozen; the rest of the server sees only this. */
export type Config = Settings & {
  readonly serverName: string;
} & FileSecrets;

/** What the settings were read with: remarks for the log. */
export interface ReadConfig {
  config: Config;
  warnings: readonly string[];
}

/** One setting as it is in effect, for people: its secrets are hidden. */
export interface EffectiveSetting {
  name: string;
  value: string | number | boolean | null;
  /** `file:line`, the environment's variable, or `default`. */
  origin: string;
}

/** Everything that can be said of a configuration. `config` is there when there is no problem. */
export interface InspectedConfig {
  config?: Config;
  problems: readonly string[];
  warnings: readonly string[];
  /** Of the settings that could be read. */
  effective: readonly EffectiveSetting[];
}

/** Reads file and environment. Rejects with a ServerError that names every wrong setting: file, line and remedy. */
export async function readConfig(sources: ConfigSources): Promise<ReadConfig> {
  const { config, problems, warnings } = await inspectConfig(sources);
  if (config === undefined) throw new ServerError('bad_config', problems.join('\n'));
  return { config, warnings };
}

/** The same without a throw, for whoever wants to know all of it. */
export async function inspectConfig(sources: ConfigSources): Promise<InspectedConfig> {
  const gathered = await gather(sources);
  const { given, problems, warnings } = gathered;
  const settings = compile(gathered);
  const config = await complete(settings, gathered, sources);
  const effective = Object.entries(SETTINGS).map(([key, spec]) =>
    effectiveOf(key, spec, config, given),
  );
  return {
    ...(problems.length === 0 ? { config } : {}),
    problems: [...new Set(problems)],
    warnings,
    effective,
  };
}

/** A wrong setting is a problem, and has its default in what follows: so that all problems are found at once. */
function compile({ given, problems }: Gathered): Settings {
  const values = Object.entries(SETTINGS).map(([key, spec]: [string, SettingSpec<unknown>]) => {
    const { value, place } = given.get(key as SettingKey) ?? {
      value: spec.default,
      place: 'default',
    };
    const judged = spec.kind(value);
    if (judged.ok) return [key, judged.value];
    const shown = spec.secret === undefined ? JSON.stringify(value) : 'what stands there';
    problems.push(`${place}: ${spelled(nameOf(key))} must be ${judged.wanted}, not ${shown}`);
    const fallback = spec.kind(spec.default);
    return [key, fallback.ok ? fallback.value : undefined];
  });
  return Object.fromEntries(values) as Settings;
}

/** What depends on more than one setting, or on files that settings name. */
async function complete(
  settings: Settings,
  gathered: Gathered,
  { env }: ConfigSources,
): Promise<Config> {
  const { given, problems, warnings } = gathered;
  const placed = (key: SettingKey, text: string): string =>
    `${given.get(key)?.place ?? 'default'}: ${text}`;
  const secrets = await readSecrets(settings, env, (key, text) => {
    problems.push(placed(key, text));
  });
  if (
    settings.chefServerUrl !== undefined &&
    settings.chefSuperuserKey === undefined &&
    secrets.chefSuperuserPem === undefined
  ) {
    const user = settings.chefSuperuser;
    problems.push(
      placed(
        'chefServerUrl',
        `chef_server_url needs chef_superuser_key: the private key of '${user}'`,
      ),
    );
  }
  if ((settings.tlsCertificate === undefined) !== (settings.tlsKey === undefined)) {
    const [there, missing] =
      settings.tlsKey === undefined
        ? (['tlsCertificate', 'tls_key'] as const)
        : (['tlsKey', 'tls_certificate'] as const);
    problems.push(placed(there, `${nameOf(there)} needs ${missing}`));
  }
  for (const [key, text] of sharedPorts(settings)) problems.push(placed(key, text));
  for (const [key, needed] of NEEDS) {
    if (given.has(key) && settings[needed] === undefined) {
      const names = [spelled(nameOf(key)), spelled(nameOf(needed))] as const;
      warnings.push(placed(key, `${names[0]} has no effect without ${names[1]}`));
    }
  }
  if (given.has('databaseUrl') && given.has('postgresqlVip')) {
    warnings.push(placed('postgresqlVip', "postgresql['vip'] has no effect beside database_url"));
  }
  const databaseUrl = databaseOf({ ...settings, password: secrets.postgresqlPassword });
  return Object.freeze({
    ...settings,
    ...secrets,
    serverName: settings.serverName ?? settings.vip ?? hostname(),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  });
}

/** Settings that only matter with another one. */
const NEEDS: readonly (readonly [key: SettingKey, needed: SettingKey])[] = [
  ['logRotationFileMaxbytes', 'logDirectory'],
  ['logRotationNumToKeep', 'logDirectory'],
  ['postgresqlPort', 'postgresqlVip'],
  ['postgresqlDatabaseName', 'postgresqlVip'],
  ['postgresqlSqlUser', 'postgresqlVip'],
  ['postgresqlSqlPassword', 'postgresqlVip'],
  ['postgresqlSqlPasswordFile', 'postgresqlVip'],
  ['tlsListen', 'tlsCertificate'],
  ['tlsPort', 'tlsCertificate'],
  ['metricsListen', 'metricsPort'],
];

/** What another setting stands for. */
const STANDS_FOR: Readonly<Partial<Record<SettingKey, SettingKey>>> = {
  serverName: 'vip',
  databaseUrl: 'postgresqlVip',
};

function effectiveOf(
  key: string,
  spec: SettingSpec<unknown>,
  config: Config,
  given: ReadonlyMap<SettingKey, Given>,
): EffectiveSetting {
  const known = key as SettingKey;
  const value = config[known] ?? null;
  const own = given.get(known);
  // nil leaves the word to the other one
  const origin =
    own === undefined || own.value === null ? given.get(STANDS_FOR[known] ?? known) : own;
  return {
    name: nameOf(key),
    value: value === null || spec.secret === undefined ? value : hidden(spec, String(value)),
    origin: origin?.place ?? 'default',
  };
}

/** Of a URL only the password is a secret. */
function hidden({ secret }: SettingSpec<unknown>, value: string): string {
  if (secret !== 'url') return '[secret]';
  return value
    .replace(/^(\w+:\/\/[^/@:]*):.*@/, '$1:[secret]@')
    .replace(/([?&]password=)[^&]*/gi, '$1[secret]');
}
