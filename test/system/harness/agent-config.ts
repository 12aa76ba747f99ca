import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rubyString } from './ruby-text.ts';

/** What an agent is told, ours and the reference alike. */
export interface AgentSettings {
  /** `chef_server_url`, with its organization. */
  readonly url: string;
  readonly node: string;
  /** Path of the client's private key. */
  readonly key: string;
  /** Exact command names and their command lines. */
  readonly whitelist: Readonly<Record<string, string>>;
  /** Entries of the whitelist of other shapes, in Ruby. */
  readonly entries?: readonly string[];
  /** More lines of Ruby. */
  readonly more?: readonly string[];
}

/** Writes a push-jobs-client.rb into a directory; answers its path. */
export async function writeAgentConfig(home: string, settings: AgentSettings): Promise<string> {
  const file = join(home, 'push-jobs-client.rb');
  const whitelist = Object.entries(settings.whitelist).map(
    ([name, line]) => `  ${rubyString(name)} => ${rubyString(line)},`,
  );
  const lines = [
    `chef_server_url ${rubyString(settings.url)}`,
    `node_name ${rubyString(settings.node)}`,
    `client_key ${rubyString(settings.key)}`,
    'ssl_verify_mode :verify_none',
    `file_dir ${rubyString(join(home, 'files'))}`,
    `file_cache_path ${rubyString(join(home, 'cache'))}`,
    `state_dir ${rubyString(join(home, 'state'))}`,
    'whitelist({',
    ...whitelist,
    ...(settings.entries ?? []).map((entry) => `  ${entry},`),
    '})',
    ...(settings.more ?? []),
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}
