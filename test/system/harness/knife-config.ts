import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rubyString } from './ruby-text.ts';

/** Who a workstation is and whom it asks. */
export interface WorkstationSettings {
  /** `chef_server_url`. */
  readonly url: string;
  readonly user: string;
  /** Path of the user's private key. */
  readonly key: string;
}

/** Writes `.chef/config.rb` into a home directory, for knife and for our own command line; answers its path. */
export async function writeKnifeConfig(
  home: string,
  settings: WorkstationSettings,
): Promise<string> {
  await mkdir(join(home, '.chef'));
  const file = join(home, '.chef', 'config.rb');
  const lines = [
    `chef_server_url ${rubyString(settings.url)}`,
    `node_name ${rubyString(settings.user)}`,
    `client_key ${rubyString(settings.key)}`,
    // Certificates of the tests sign themselves.
    'ssl_verify_mode :verify_none',
    // A server that fails is to be seen at once, not after the five tries of two minutes.
    'http_retry_count 0',
    `cache_path ${rubyString(join(home, 'cache'))}`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}
