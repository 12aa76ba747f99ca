import { CallNode, type Node } from '@ruby/prism/src/nodes.js';
import { argumentsOf, isNamedConfiguration } from './nodes.ts';
import { cellsOf } from './objects.ts';
import { indexPlace, objectPlace, settingPlace, type Place } from './places.ts';
import type { Scope } from './scope.ts';
import { argumentValue } from './settings.ts';
import type { RubyValue } from './values.ts';

/**
 * Runs `x[key] = v`, `self.name = v`, `Chef::Config.name = v`, `knife.name = v` and gives v; undefined when the node
 * is none of them.
 */
export function assignmentValue(node: Node, scope: Scope): RubyValue | undefined {
  if (!(node instanceof CallNode) || !node.isAttributeWrite()) return undefined;
  const args = argumentsOf(node);
  const given = args.at(-1);
  if (given === undefined || node.receiver === null) return undefined;
  if (node.name === '[]=') {
    const place = indexPlace(node, node.receiver, args.slice(0, -1), scope);
    const value = scope.evaluate(given);
    place.write(value);
    return value;
  }
  const name = node.name.slice(0, -1);
  const place = attributePlace(node, node.receiver, name, scope);
  if (place === undefined) return undefined;
  const value = argumentValue(name, [given], scope);
  place.write(value);
  return value;
}

/** The configuration's attribute, or that of an object; undefined for anything else. */
export function attributePlace(
  node: Node,
  receiver: Node | null,
  name: string,
  scope: Scope,
): Place | undefined {
  const cells = cellsOf(receiver, scope.reading);
  if (cells !== undefined) return objectPlace(node, name, cells, scope);
  return isNamedConfiguration(receiver) ? settingPlace(node, name, scope) : undefined;
}
