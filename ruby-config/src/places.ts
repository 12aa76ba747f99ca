import type { Node } from '@ruby/prism/src/nodes.js';
import { noteEntry } from './entry-places.ts';
import {
  environmentName,
  isEnvironment,
  readEnvironment,
  writeEnvironment,
} from './environment.ts';
import { cellValue } from './names.ts';
import { isNamedConfiguration } from './nodes.ts';
import { cellsOf, indifferent, keyText } from './objects.ts';
import { notStatic, refuseFrozen } from './refuse.ts';
import { setSetting } from './settings.ts';
import { cellAt, isRelevant, type Cell, type Scope } from './scope.ts';
import { getEntry, isHash, isSymbol, setEntry, type RubyValue } from './values.ts';

/** Something that an assignment writes to. */
export interface Place {
  /** The value before: nil where there is none. */
  read(): RubyValue;
  write(value: RubyValue): void;
}

/** A local variable; one with the name of a setting is a trap (ADDON F.5 rule 4). */
export function localPlace(node: Node, name: string, scope: Scope): Place {
  const place = cellPlace(node, name, scope.locals, scope);
  return {
    read: () => place.read(),
    write: (value) => {
      place.write(value);
      layTrap(node, name, scope);
    },
  };
}

/** Remembers that a variable was given the name of a setting, which stays as it was. */
export function layTrap(node: Node, name: string, scope: Scope): void {
  if (!isRelevant(scope.reading, name) || scope.reading.traps.has(name)) return;
  const { line, file } = cellAt(scope, node, null);
  scope.reading.traps.set(name, { name, line, file });
}

/** A constant. */
export function constantPlace(node: Node, name: string, scope: Scope): Place {
  return cellPlace(node, name, scope.reading.constants, scope);
}

/** `self.name`, `Chef::Config.name`, `Chef::Config[:name]`. */
export function settingPlace(node: Node, name: string, scope: Scope): Place {
  return {
    read: () => {
      const cell = scope.reading.settings.get(name);
      if (cell !== undefined) return cellValue(node, name, cell, scope);
      throw notStatic(
        scope,
        node,
        `\`${name}\` has no value yet at this place, and its default is not known here`,
        `Set \`${name}\` plainly.`,
      );
    },
    write: (value) => {
      setSetting(node, name, value, scope);
    },
  };
}

/** `receiver[key]`: ENV, the configuration, an object, or a hash that was set above. */
export function indexPlace(node: Node, receiver: Node, keys: readonly Node[], scope: Scope): Place {
  const [key, ...more] = keys;
  if (key === undefined || more.length > 0)
    throw notStatic(scope, node, 'an assignment with other than one key');
  if (isEnvironment(receiver)) {
    const name = environmentName(key, scope);
    return {
      read: () => readEnvironment(node, name, scope),
      write: (value) => {
        writeEnvironment(node, name, value, scope);
      },
    };
  }
  if (isNamedConfiguration(receiver)) return settingPlace(node, keyText(key, scope), scope);
  const cells = cellsOf(receiver, scope.reading);
  if (cells !== undefined) return objectPlace(node, keyText(key, scope), cells, scope);
  return hashPlace(node, receiver, scope.evaluate(key), scope);
}

/** A key of an object. */
export function objectPlace(
  node: Node,
  key: string,
  cells: Map<string, Cell>,
  scope: Scope,
): Place {
  const place = cellPlace(node, key, cells, scope);
  return {
    read: () => place.read(),
    write: (value) => {
      place.write(indifferent(value, scope.reading));
    },
  };
}

function hashPlace(node: Node, receiver: Node, given: RubyValue, scope: Scope): Place {
  const target = scope.evaluate(receiver);
  if (!isHash(target))
    throw notStatic(
      scope,
      node,
      'only a hash that was set above can be given a key; Ruby fails here when it is nil',
      'Assign the whole hash at once: { … }.',
    );
  const isIndifferent = scope.reading.indifferent.has(target);
  const key = isIndifferent && isSymbol(given) ? given.name : given;
  return {
    read: () => getEntry(target, key),
    write: (value) => {
      refuseFrozen(scope, node, target);
      setEntry(target, key, isIndifferent ? indifferent(value, scope.reading) : value);
      noteEntry(target, key, node, scope);
    },
  };
}

function cellPlace(node: Node, name: string, cells: Map<string, Cell>, scope: Scope): Place {
  return {
    read: () => {
      const cell = cells.get(name);
      return cell === undefined ? null : cellValue(node, name, cell, scope);
    },
    write: (value) => {
      cells.set(name, cellAt(scope, node, value));
    },
  };
}
