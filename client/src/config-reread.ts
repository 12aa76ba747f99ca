import { createHash } from 'node:crypto';
import { toPlain, type RubyConfig } from '@pushy/ruby-config';
import { readConfigFile, SETTINGS, type FileSources } from './config-file.ts';
import { configValues } from './config-values.ts';
import { readWhitelist, type Whitelisted } from './config-whitelist.ts';

/** Where settings came from, and what they depend on. */
export interface ConfigOrigin {
  /** The configuration file and all that it reads and lists. */
  readonly files: readonly string[];
  /** Names of the settings that it has, of those that matter. */
  readonly names: readonly string[];
  /** Every setting that a running agent does not take over, as a hash: keys may be among them. */
  readonly others: string;
}

/** A whitelist with what it depends on. */
export type ReadWhitelist = Whitelisted & ConfigOrigin;

/** Reads the file once more for its whitelist; throws an AgentError for what is wrong there. */
export async function loadWhitelist(sources: FileSources): Promise<ReadWhitelist> {
  const { config } = await readConfigFile(sources);
  return { ...(await readWhitelist(configValues(config))), ...originOf(config) };
}

/** Where settings came from. */
export function originOf({ files, settings, environment, showTime }: RubyConfig): ConfigOrigin {
  const others = [...settings]
    .filter(([name]) => !name.startsWith('whitelist'))
    .map(([name, { value }]) => [name, toPlain(value)]);
  const text = JSON.stringify([others, [...environment], showTime]);
  const names = [...settings].flatMap(([name, { value }]) => {
    return SETTINGS.has(name) && value !== null ? [name] : [];
  });
  return { files, names, others: createHash('sha256').update(text).digest('hex') };
}
