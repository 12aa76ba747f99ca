import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadParsers } from '../../client/src/config/data.ts';
import { readRubyConfig, type ReadOptions, type RubyConfig } from '@pushy/ruby-config';

/** The agent's settings that must never be guessed. */
export const RELEVANT: ReadonlySet<string> = new Set(
  (
    'chef_server_url node_name client_name client_key client_key_contents ssl_verify_mode verify_api_cert ' +
    'ssl_ca_path ssl_ca_file ssl_client_cert ssl_client_key trusted_certs_dir http_proxy http_proxy_user ' +
    'http_proxy_pass https_proxy https_proxy_user https_proxy_pass no_proxy log_level log_location whitelist ' +
    'file_dir file_dir_expiry allow_unencrypted allowed_overwritable_env_vars max_body_size cache_path ' +
    'file_cache_path lockfile umask'
  ).split(' '),
);

/** The hashes that exist from the start. */
export const OBJECTS = ['opscode_pushy_server', 'postgresql', 'bootstrap', 'knife'] as const;

/** The environment in which the fixtures are read, by us and by Ruby. */
export const ENVIRONMENT = {
  CHEF_ENV: 'staging',
  DROP_ME: 'soon',
  DROP_TOO: 'soon',
  HOME: '/home/someone',
  PATH: '/usr/bin:/bin',
};

const directory = fileURLToPath(new URL('../fixtures/ruby-config/', import.meta.url));

/** Configuration files that are read. */
export const readable = filesIn(directory);
/** Configuration files that are refused; their first line says how: `# refused: CODE LINE`. */
export const refused = filesIn(join(directory, 'refused'));

function filesIn(folder: string): { name: string; file: string; text: string }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.rb'))
    .map((name) => {
      const file = join(folder, name);
      return { name: basename(name, '.rb'), file, text: readFileSync(file, 'utf8') };
    });
}

/** Reads a text as the agent would. */
export function readText(text: string, options: Partial<ReadOptions> = {}): Promise<RubyConfig> {
  return readRubyConfig(text, {
    file: '/etc/chef/client.rb',
    env: ENVIRONMENT,
    relevant: RELEVANT,
    objects: OBJECTS,
    ...options,
  });
}

const parse = await loadParsers();

/** The host as the agent gives it to the reader. */
export const HOST: Pick<
  ReadOptions,
  'readData' | 'readFile' | 'fileType' | 'listDirectory' | 'hostName' | 'workingDirectory'
> = {
  readData: (text, path) => parse(text, path, RELEVANT),
  readFile: readIfThere,
  fileType: (path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found?.isDirectory() === true ? 'directory' : found && 'file';
  },
  listDirectory: (path) => (existsSync(path) ? readdirSync(path) : []),
  hostName: (kind) => (kind === 'short' ? hostname() : undefined),
  workingDirectory: process.cwd(),
};

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
