import type { Node } from '@ruby/prism/src/nodes.js';
import type { Cell, Scope } from './scope.ts';
import type { EntryPlace, Setting } from './types.ts';
import { isHash, keyText, type RubyHash, type RubyValue } from './values.ts';

/** Hashes inside one another that have places of their own: an entry of a whitelist, and its keys. */
const DEPTH = 2;

/** Remembers where an entry was written. */
export function noteEntry(target: RubyHash, key: RubyValue, node: Node, scope: Scope): void {
  const { entries } = scope.reading;
  const { file } = scope.source;
  const known = entries.get(target) ?? new Map<string, Pick<EntryPlace, 'file' | 'line'>>();
  known.set(keyText(key), { file, line: scope.source.lineOf(node.location) });
  entries.set(target, known);
}

/** The same setting with the places of its entries, as far as they are known. */
function withPlaces(setting: Setting, { entries }: Scope['reading']): Setting {
  const places: EntryPlace[] = [];
  const look = (value: RubyValue, path: readonly string[]): void => {
    if (!isHash(value) || path.length >= DEPTH) return;
    for (const [key, item] of value.entries) {
      const name = keyText(key);
      const place = entries.get(value)?.get(name);
      if (place !== undefined) places.push({ path: [...path, name], ...place });
      look(item, [...path, name]);
    }
  };
  look(setting.value, []);
  return places.length === 0 ? setting : { ...setting, places };
}

/** What is known of the settings, with the places of entries. */
export function knownSettings(
  cells: ReadonlyMap<string, Cell>,
  reading: Scope['reading'],
): Map<string, Setting> {
  const settings = new Map<string, Setting>();
  for (const [name, cell] of cells)
    if ('value' in cell) settings.set(name, withPlaces(cell, reading));
  return settings;
}
