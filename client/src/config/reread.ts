import { createHash } from 'node:crypto';
import { toPlain, type RubyConfig } from '@pushy/ruby-config';
import { readConfigFile, SETTINGS, type FileSources } from './file.ts';
import { misspelt } from './misspelt.ts';
import { configValues } from './values.ts';
import { readWhitelist, type Whitelisted } from './whitelist.ts';

/** Where settings came from, and what they depend on. */
export interface ConfigOrigin {
  /** The configuration file and all that it reads and lists. */
  readonly files: readonly string[];
  /** Names of the settings that it has, of those that matter. */
  readonly names: readonly string[];
  /** What a running agent does not take over, by name: hashes of the values, for keys may be among them. */
  readonly others: ReadonlyMap<string, string>;
  /** About what the file says, with file and line. */
  readonly warnings: readonly string[];
  /** The warning of a setting whose name is nearly `whitelist`. */
  readonly mistyped?: string;
}

/** A whitelist with what it depends on. */
export type ReadWhitelist = Omit<Whitelisted, 'warnings'> & ConfigOrigin;

/** Reads the file once more for its whitelist; throws an AgentError for what is wrong there. */
export async function loadWhitelist(sources: FileSources): Promise<ReadWhitelist> {
  const { config } = await readConfigFile(sources);
  const { entries, isDefault, warnings } = await readWhitelist(configValues(config));
  return { entries, isDefault, ...originOf(config, warnings) };
}

/** Where settings came from; `warnings` are those of their readers. */
export function originOf(config: RubyConfig, warnings: readonly string[]): ConfigOrigin {
  const relevant = [...config.settings].filter(([name]) => SETTINGS.has(name));
  const slips = misspelt(config, SETTINGS);
  const mistyped = slips.find(({ meant }) => meant === 'whitelist')?.warning;
  return {
    files: config.files,
    names: relevant.flatMap(([name, { value }]) => (value === null ? [] : [name])),
    others: new Map([
      ...relevant.flatMap(([name, { value }]) =>
        name.startsWith('whitelist') ? [] : [[name, digest(toPlain(value))] as const],
      ),
      ...[...config.environment].map(([name, value]) => [`ENV['${name}']`, digest(value)] as const),
      ['show_time', digest(config.showTime ?? true)],
    ]),
    warnings: [
      ...config.warnings.map((w) => `${w.file}:${w.line}: ${w.message}`),
      ...slips.map(({ warning }) => warning),
      ...warnings,
    ],
    ...(mistyped === undefined ? {} : { mistyped }),
  };
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
