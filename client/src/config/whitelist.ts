import { isAbsolute } from 'node:path';
import {
  getEntry,
  isHash,
  isSymbol,
  nearestName,
  toPlain,
  type RubyHash,
  type RubyValue,
  type Setting,
} from '@pushy/ruby-config';
import { SETTINGS } from './file.ts';
import { placeOf, type ConfigValues } from './values.ts';
import { AgentError, messageOf } from '../errors.ts';
import type { CommandEntry, WhitelistEntry } from '../whitelist.ts';

/** How patterns match: the whole command (S10), or a part of it as in the original. */
type Match = 'full' | 'search';

/** Keys of an entry that is a hash. */
const KEYS = ['command_line', 'lock'];

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
    const warnings: string[] = [];
    const entries = await readEntries(setting, match, (warning) => warnings.push(warning));
    return { entries, isDefault: false, warnings: [...warnings, ...misplaced(setting, values)] };
  }
  const entries = [{ name: 'chef-client', commandLine: 'chef-client' }];
  return { entries, isDefault: true, warnings: [] };
}

function readMatch(values: ConfigValues): Match {
  const match = values.text('whitelist_match') ?? 'full';
  if (match === 'full' || match === 'search') return match;
  throw refusal(values.place('whitelist_match'), "it must be 'full' or 'search'");
}

/** Entries under the name of a setting that the file does not set: it stands inside of the whitelist by mistake. */
function misplaced(setting: Setting, values: ConfigValues): string[] {
  const { value } = setting;
  if (!isHash(value)) return [];
  return value.entries.flatMap(([key]) => {
    const name = String(toPlain(key));
    if (!SETTINGS.has(name) || values.raw(name) !== undefined) return [];
    const what = `${name} stands inside of the whitelist and so is a command, and no setting`;
    return [`${placeOf('whitelist', setting, [name])}: ${what}`];
  });
}

/**
 * The entries of a `whitelist` setting: names or regular expressions to command lines, or to hashes with
 * `command_line` and `lock`, by symbol or text (ADDON C.3).
 */
export async function readEntries(
  setting: Setting,
  match: Match = 'full',
  warn: (warning: string) => void = () => undefined,
): Promise<WhitelistEntry[]> {
  const { value } = setting;
  if (!isHash(value)) {
    const place = placeOf('whitelist', setting);
    throw refusal(place, "it must be a hash such as { 'chef-client' => 'chef-client' }");
  }
  const entries: WhitelistEntry[] = [];
  for (const [key, item] of value.entries) {
    const shown = String(toPlain(key));
    const entry: Entry = {
      shown: `entry ${shown}`,
      place: (...inner) => placeOf('whitelist', setting, [shown, ...inner]),
      warn,
    };
    const { commandLine, ...lock } = readEntry(item, entry);
    if (typeof key === 'string') entries.push({ name: key, commandLine, ...lock });
    else if (isSymbol(key)) entries.push({ name: key.name, commandLine, ...lock });
    else if (isRegexp(key)) {
      // Loaded by those nodes alone that have a pattern.
      const { makeRubyPattern } = await import('../whitelist/ruby-pattern.ts');
      const { source, flags } = key;
      try {
        const pattern = makeRubyPattern({ source, flags, template: commandLine, match });
        entries.push({ pattern, ...lock });
      } catch (error) {
        const { place } = key;
        const own = place === undefined ? entry.place() : `${place.file}:${place.line}: whitelist`;
        const what = `${entry.shown}: the pattern cannot be used: ${messageOf(error)}`;
        throw refusal(own, what, error);
      }
    } else
      throw refusal(entry.place(), `${entry.shown}: a key must be a text or a regular expression`);
  }
  return entries;
}

/** An entry, for messages about it. */
interface Entry {
  readonly shown: string;
  readonly place: (...inner: readonly string[]) => string;
  readonly warn: (warning: string) => void;
}

function readEntry(item: RubyValue, entry: Entry): CommandEntry {
  const { shown, place } = entry;
  if (typeof item === 'string') return { commandLine: item };
  if (!isHash(item)) {
    const what = 'the value must be a command line, or a hash with command_line';
    throw refusal(place(), `${shown}: ${what}`);
  }
  lookAtKeys(item, entry);
  const commandLine = member(item, 'command_line');
  if (commandLine === null) throw refusal(place(), `${shown}: command_line is missing`);
  if (typeof commandLine !== 'string')
    throw refusal(place('command_line'), `${shown}: command_line must be a text`);
  const lock = member(item, 'lock');
  if (lock === null || lock === false) return { commandLine };
  if (lock === true || (typeof lock === 'string' && isAbsolute(lock))) return { commandLine, lock };
  throw refusal(place('lock'), `${shown}: lock must be ${lockWanted(lock)}`);
}

/** A relative path would be another file for every run, and lock nothing. */
function lockWanted(lock: RubyValue): string {
  if (typeof lock !== 'string') return 'true, false or the path of a file';
  const isWord = lock === 'true' || lock === 'false';
  const meant = isWord ? `: is ${lock} without quotes meant?` : '';
  return `true, false or an absolute path, and '${lock}' is none${meant}`;
}

/** A key that is nearly one of an entry's is refused: without its lock, a run may meet another. */
function lookAtKeys({ entries }: RubyHash, { shown, place, warn }: Entry): void {
  for (const [key] of entries) {
    const name = String(toPlain(key));
    if (KEYS.includes(name)) continue;
    const meant = nearestName(name, KEYS);
    const what = `${shown}: ${name} is no key of an entry`;
    if (meant !== undefined) throw refusal(place(name), `${what}: is ${meant} meant?`);
    warn(`${place(name)}: ${what}, and has no effect (${KEYS.join(', ')} are)`);
  }
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
