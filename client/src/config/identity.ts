import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isHash, toPlain } from '@pushy/ruby-config';
import type { CommandLine } from './command-line.ts';
import type { ConfigValues } from './values.ts';
import { AgentError, messageOf } from '../errors.ts';

/** The URL of the Chef server, with the path of its organization. */
export function serverUrl(
  options: Pick<CommandLine, 'server'>,
  values: ConfigValues,
  file: string | undefined,
): string {
  const given = options.server ?? values.text('chef_server_url');
  const advice =
    'it must be the URL of the Chef server with its organization, https://HOST/organizations/ORG';
  if (given === undefined) {
    const what = `chef_server_url is not set: ${advice}${inside(values)}`;
    throw new AgentError('bad_config', `${file ?? 'no --server'}: ${what}`);
  }
  const text = given.trim();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url === undefined || !isHttp || !/\/organizations\/[^/]+\/?$/.test(url.pathname)) {
    const place = options.server === undefined ? values.place('chef_server_url') : '--server';
    throw new AgentError('bad_config', `${place} '${text}': ${advice}`);
  }
  return text;
}

/** A setting that stands inside of the whitelist, for its indentation or brace, is none. */
function inside(values: ConfigValues): string {
  const { value = null } = values.raw('whitelist') ?? {};
  if (!isHash(value) || !value.entries.some(([key]) => toPlain(key) === 'chef_server_url'))
    return '';
  return ` (${values.place('whitelist', 'chef_server_url')}: the one here stands inside of the whitelist)`;
}

/** The node's name, which is its client's as well; undefined where none is set. */
export function nodeName(options: CommandLine, values: ConfigValues): string | undefined {
  const name = options.nodeName ?? values.text('node_name');
  if (name !== '') return name;
  const where = options.nodeName === undefined ? values.place('node_name') : '--node-name';
  throw new AgentError('bad_config', `${where} must not be empty`);
}

/** Where the private key of the client is. */
interface KeyPlace {
  /** The key itself. */
  readonly contents?: string | undefined;
  readonly file: string;
  /** The option or setting that says so, with its place. */
  readonly name: string;
}

/** As the options and the file have it; beside the configuration where they say nothing. */
export function keyPlace(options: CommandLine, values: ConfigValues, configDir: string): KeyPlace {
  const contents = options.clientKey === undefined ? values.text('client_key_contents') : undefined;
  const file = options.clientKey ?? values.path('client_key') ?? join(configDir, 'client.pem');
  const setting = contents === undefined ? 'client_key' : 'client_key_contents';
  const name = options.clientKey === undefined ? values.place(setting) : '--client-key';
  return { contents, file, name };
}

/** The client's private key. */
export function clientKey({ contents, file, name }: KeyPlace): KeyObject {
  const where = contents === undefined ? `${name} ${file}` : name;
  try {
    const key = createPrivateKey(contents ?? readFileSync(file));
    if (key.asymmetricKeyType !== 'rsa') throw new Error('it is not an RSA key');
    return key;
  } catch (error) {
    const isNoKey = codeOf(error).startsWith('ERR_OSSL');
    const why = isNoKey ? 'it holds no private key in PEM without a passphrase' : messageOf(error);
    const what = `${where} cannot be used: ${why}`;
    throw new AgentError('bad_key', what, { cause: error });
  }
}

/** Whoever has the key is the node: what every user of the host may read is warned of. Not for Windows, without such modes. */
export function keyWarnings({ contents, file, name }: KeyPlace): string[] {
  if (contents !== undefined) return [];
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o006) === 0) return [];
  const shown = mode.toString(8).padStart(4, '0');
  return [
    `${name} ${file}: every user of this host may read or write the private key (mode ${shown}): chmod 600 ${file}`,
  ];
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
