import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RubyConfigError, readRubyConfig, toPlain, type RubyConfig } from '@pushy/ruby-config';
import { CliError, messageOf } from '../errors.ts';
import type { Surroundings } from './places.ts';
import { makeSettings } from './settings.ts';

/** What Ruby files set: Chef's settings, and those of `knife[:…]`. */
export interface RubySettings {
  settings: Map<string, unknown>;
  knife: Map<string, unknown>;
  warnings: string[];
}

/** Settings that change what this program does; anything else in the files is none of its business. */
export const RELEVANT: ReadonlySet<string> = new Set([
  'authentication_protocol_version',
  'chef_server_url',
  'client_key',
  'client_key_contents',
  'config_d_dir',
  'fips',
  'http_proxy',
  'http_retry_count',
  'http_retry_delay',
  'https_proxy',
  'no_proxy',
  'node_name',
  'rest_timeout',
  'ssl_ca_file',
  'ssl_ca_path',
  'ssl_client_cert',
  'ssl_client_key',
  'ssl_verify_mode',
  'trusted_certs_dir',
  'verify_api_cert',
]);

/** Reads config.rb (or knife.rb) and then every file of config.d beside it; the last word counts. */
export async function readRubyFiles(
  world: Surroundings,
  configFile: string,
): Promise<RubySettings> {
  const read: RubySettings = { settings: new Map(), knife: new Map(), warnings: [] };
  await readInto(read, world, configFile);
  const named = makeSettings(read.settings).text('config_d_dir');
  for (const file of filesOf(named ?? join(dirname(configFile), 'config.d')))
    await readInto(read, world, file);
  return read;
}

async function readInto(read: RubySettings, world: Surroundings, file: string): Promise<void> {
  const config = await evaluate(world, file);
  for (const [name, { value }] of config.settings) read.settings.set(name, toPlain(value));
  for (const [name, { value }] of config.objects.get('knife') ?? []) {
    read.knife.set(name, toPlain(value));
  }
  for (const warning of config.warnings) {
    read.warnings.push(`${warning.file}:${warning.line}: ${warning.message}`);
  }
}

async function evaluate(world: Surroundings, file: string): Promise<RubyConfig> {
  try {
    const source = readFileSync(file, 'utf8');
    return await readRubyConfig(source, {
      file,
      env: world.env,
      relevant: RELEVANT,
      objects: ['knife'],
      readFile: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
    });
  } catch (cause) {
    if (!(cause instanceof RubyConfigError)) {
      throw new CliError('config', `${file} cannot be read: ${messageOf(cause)}`, { cause });
    }
    const place = `${cause.file}:${cause.line}: ${cause.problem}`;
    throw new CliError('config', `You have an error in your config file ${file}\n${place}`, {
      advice: [cause.advice],
      cause,
    });
  }
}

function filesOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.rb') && !name.startsWith('.'))
    .sort()
    .map((name) => join(folder, name));
}
