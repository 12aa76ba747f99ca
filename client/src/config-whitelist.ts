import {
  getEntry,
  isHash,
  isSymbol,
  toPlain,
  type RubyHash,
  type RubyValue,
} from '@pushy/ruby-config';
import type { ConfigValues } from './config-values.ts';
import { AgentError, messageOf } from './errors.ts';
import type { CommandEntry, WhitelistEntry } from './whitelist.ts';

/** How patterns match: the whole command (S10), or a part of it as in the original. */
type Match = 'full' | 'search';

/** The whitelist of a file. */
export interface Whitelisted {
  readonly entries: readonly WhitelistEntry[];
  /** The file sets none. */
  readonly isDefault: boolean;
  /** About entries, with file and line. */
  readonly warnings: readonly string[];
}

/** Reads `whitelist` and `whitelist_match`; what cannot be used is refused with its line. */
export async function readWhitelist(values: ConfigValues): Promise<Whitelisted> {
  const setting = values.raw('whitelist');
  const match = readMatch(values);
  if (setting !== undefined) {
    const entries = await readEntries(setting.value, values.place('whitelist'), match);
    return { entries, isDefault: false, warnings: [] };
  }
  const entries = [{ name: 'chef-client', commandLine: 'chef-client' }];
  return { entries, isDefault: true, warnings: [] };
}

function readMatch(values: ConfigValues): Match {
  const match = values.text('whitelist_match') ?? 'full';
  if (match === 'full' || match === 'search') return match;
  throw refusal(values.place('whitelist_match'), "it must be 'full' or 'search'");
}

/**
 * The entries of a `whitelist` setting: names or regular expressions to command lines, or to hashes with
 * `command_line` and `lock`, by symbol or text (ADDON C.3). `place` is where the setting stands.
 */
export async function readEntries(
  value: RubyValue,
  place: string,
  match: Match = 'full',
): Promise<WhitelistEntry[]> {
  if (!isHash(value)) {
    throw refusal(place, "it must be a hash such as { 'chef-client' => 'chef-client' }");
  }
  const entries: WhitelistEntry[] = [];
  for (const [key, item] of value.entries) {
    const shown = `entry ${String(toPlain(key))}`;
    const { commandLine, ...lock } = readEntry(item, place, shown);
    if (typeof key === 'string') entries.push({ name: key, commandLine, ...lock });
    else if (isSymbol(key)) entries.push({ name: key.name, commandLine, ...lock });
    else if (isRegexp(key)) {
      // Loaded by those nodes alone that have a pattern.
      const { makeRubyPattern } = await import('./ruby-pattern.ts');
      const { source, flags } = key;
      try {
        const pattern = makeRubyPattern({ source, flags, template: commandLine, match });
        entries.push({ pattern, ...lock });
      } catch (error) {
        const own =
          key.place === undefined ? place : `${key.place.file}:${key.place.line}: whitelist`;
        throw refusal(own, `${shown}: the pattern cannot be used: ${messageOf(error)}`, error);
      }
    } else throw refusal(place, `${shown}: a key must be a text or a regular expression`);
  }
  return entries;
}

function readEntry(item: RubyValue, place: string, shown: string): CommandEntry {
  if (typeof item === 'string') return { commandLine: item };
  if (!isHash(item)) {
    throw refusal(place, `${shown}: the value must be a command line, or a hash with command_line`);
  }
  const commandLine = member(item, 'command_line');
  if (typeof commandLine !== 'string')
    throw refusal(place, `${shown}: command_line must be a text`);
  const lock = member(item, 'lock');
  if (lock === null || lock === false) return { commandLine };
  if (lock === true || typeof lock === 'string') return { commandLine, lock };
  throw refusal(place, `${shown}: lock must be true, false or the path of a file`);
}

/** By symbol, as the reference had it, or by text, as node attributes give it. */
function member(hash: RubyHash, name: string): RubyValue {
  return getEntry(hash, { kind: 'symbol', name }) ?? getEntry(hash, name);
}

function isRegexp(value: RubyValue): value is Extract<RubyValue, { kind: 'regexp' }> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && value.kind === 'regexp'
  );
}

function refusal(place: string, what: string, cause?: unknown): AgentError {
  return new AgentError('bad_whitelist', `${place}: ${what}`, { cause });
}
