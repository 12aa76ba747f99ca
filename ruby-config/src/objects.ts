import { CallNode, type Node } from '@ruby/prism/src/nodes.js';
import { cellValue } from './names.ts';
import { argumentsOf, settingRead } from './nodes.ts';
import { notStatic } from './refuse.ts';
import type { Cell, Reading, Scope } from './scope.ts';
import { hash, isHash, isSymbol, type RubyValue } from './values.ts';

/** The predefined object that an expression names: `knife`, `Chef::Config[:knife]`. */
export function objectName(node: Node | null, reading: Reading): string | undefined {
  const name = settingRead(node);
  return name !== undefined && reading.objects.has(name) ? name : undefined;
}

/** `knife[:x]`: what the file has set so far, else nil; undefined when the node is no such read. */
export function objectValue(node: Node, scope: Scope): RubyValue | undefined {
  if (!(node instanceof CallNode) || node.name !== '[]') return undefined;
  const cells = cellsOf(node.receiver, scope.reading);
  const [argument, ...more] = argumentsOf(node);
  if (cells === undefined || argument === undefined || more.length > 0) return undefined;
  const key = keyText(argument, scope);
  const cell = cells.get(key);
  return cell === undefined ? null : cellValue(node, key, cell, scope);
}

/** The cells of the object that a node names, undefined when it names none. */
export function cellsOf(node: Node | null, reading: Reading): Map<string, Cell> | undefined {
  const name = objectName(node, reading);
  return name === undefined ? undefined : reading.objects.get(name);
}

/** A key of an object as text: symbols and texts are the same there. */
export function keyText(node: Node, scope: Scope): string {
  const key = scope.evaluate(node);
  if (typeof key === 'string') return key;
  if (isSymbol(key)) return key.name;
  throw notStatic(scope, node, 'a key of this object must be a text or a symbol');
}

/** A copy as the original's hashes with indifferent access keep it: text keys, all the way down. */
export function indifferent(value: RubyValue, reading: Reading): RubyValue {
  if (Array.isArray(value)) return value.map((item) => indifferent(item, reading));
  if (!isHash(value)) return value;
  const made = hash(
    value.entries.map(([key, item]) => [
      isSymbol(key) ? key.name : key,
      indifferent(item, reading),
    ]),
  );
  reading.indifferent.add(made);
  return made;
}
