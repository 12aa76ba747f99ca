import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RubyConfig } from '@pushy/ruby-config';
import type { CommandLine } from './command-line.ts';
import { AgentError, messageOf } from '../errors.ts';
import type { HostPaths } from '../paths.ts';
import type { ReadAnswer, ReadRequest } from '../process/read-config.ts';

/** What a configuration file is found and read with. */
export interface FileSources {
  readonly options: CommandLine;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly paths: HostPaths;
  readonly readFile: (request: ReadRequest) => Promise<ReadAnswer>;
}

/** A file that was read; no name where there is none. */
export interface ConfigFile {
  readonly file?: string;
  readonly config: RubyConfig;
}

/** Looked for in this order, when the command line names none (ADDON C.3). */
const DEFAULT_FILES = ['chef-push-client.rb', 'push-jobs-client.rb', 'client.rb'];

/** Settings that are never guessed: what could touch one and cannot be read stops the agent. */
export const SETTINGS: ReadonlySet<string> = new Set(
  (
    'allow_unencrypted allowed_overwritable_env_vars authentication_protocol_version cache_path chef_server_url ' +
    'client_key client_key_contents file_cache_path file_dir file_dir_expiry fips ftp_proxy ftp_proxy_pass ' +
    'ftp_proxy_user http_proxy http_proxy_pass http_proxy_user https_proxy https_proxy_pass https_proxy_user lockfile ' +
    'log_level log_location max_body_size no_proxy node_name ssl_ca_file ssl_ca_path ssl_cert_file ssl_client_cert ' +
    'ssl_client_key ssl_verify_mode state_dir trusted_certs_dir umask verify_api_cert whitelist whitelist_match'
  ).split(' '),
);

const NO_FILE: RubyConfig = {
  settings: new Map(),
  objects: new Map(),
  environment: new Map(),
  constants: new Map(),
  files: [],
  warnings: [],
};

/** Finds the configuration file and reads it; an AgentError says what is wrong and where. */
export async function readConfigFile(sources: FileSources): Promise<ConfigFile> {
  const file = configFile(sources);
  if (file === undefined && sources.options.server === undefined) {
    const looked = configFiles(sources).join(', ');
    const what = `there is no configuration file (looked for ${looked}) and no --server`;
    throw new AgentError('no_config', `${what}: write one, or name it with -c`);
  }
  if (file === undefined) return { config: NO_FILE };
  let answer: ReadAnswer;
  try {
    const { rubyConfig: ruby } = sources.options;
    answer = await sources.readFile({
      file,
      env: { ...sources.env },
      relevant: SETTINGS,
      ...(ruby === undefined ? {} : { ruby }),
    });
  } catch (error) {
    const what = `${file} cannot be read: ${messageOf(error)}`;
    throw new AgentError('bad_config', what, { cause: error });
  }
  if (answer.ok) return { file, config: answer.config };
  throw new AgentError('bad_config', answer.message);
}

/** Files of which the first that is there is the configuration. */
export function configFiles({ options, paths }: Pick<FileSources, 'options' | 'paths'>): string[] {
  return options.config === undefined
    ? DEFAULT_FILES.map((name) => join(paths.configDir, name))
    : [resolve(options.config)];
}

function configFile(sources: FileSources): string | undefined {
  const files = configFiles(sources);
  const file = files.find((f) => existsSync(f));
  if (file !== undefined || sources.options.config === undefined) return file;
  throw new AgentError('no_config', `there is no configuration file ${files.join()}`);
}
