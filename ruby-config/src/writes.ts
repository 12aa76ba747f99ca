import {
  type CallAndWriteNode,
  type CallOperatorWriteNode,
  CallOrWriteNode,
  type ConstantAndWriteNode,
  type ConstantOperatorWriteNode,
  ConstantOrWriteNode,
  ConstantWriteNode,
  type IndexAndWriteNode,
  type IndexOperatorWriteNode,
  IndexOrWriteNode,
  type LocalVariableAndWriteNode,
  type LocalVariableOperatorWriteNode,
  LocalVariableOrWriteNode,
  LocalVariableWriteNode,
  type Node,
} from '@ruby/prism/src/nodes.js';
import { attributePlace } from './assignments.ts';
import { methodValue } from './methods.ts';
import { argumentsOf } from './nodes.ts';
import { constantPlace, indexPlace, localPlace, type Place } from './places.ts';
import { notStatic } from './refuse.ts';
import type { Scope } from './scope.ts';
import { isTruthy, type RubyValue } from './values.ts';
import { isAttributeWrite, isConstantWrite, isIndexWrite, isLocalWrite } from './write-nodes.ts';

type Write =
  | LocalVariableWriteNode
  | ConstantWriteNode
  | LocalVariableOrWriteNode
  | ConstantOrWriteNode
  | IndexOrWriteNode
  | CallOrWriteNode
  | LocalVariableAndWriteNode
  | ConstantAndWriteNode
  | IndexAndWriteNode
  | CallAndWriteNode
  | LocalVariableOperatorWriteNode
  | ConstantOperatorWriteNode
  | IndexOperatorWriteNode
  | CallOperatorWriteNode;

/**
 * Runs `x = v`, `x ||= v`, `x &&= v`, `x += v` for every kind of x and gives the value of x; undefined when the
 * node is none of them.
 */
export function writeValue(node: Node, scope: Scope): RubyValue | undefined {
  if (!isWrite(node)) return undefined;
  const place = placeOf(node, scope);
  const value = valueOf(node, place, scope);
  if (value === undefined) return place.read();
  place.write(value);
  return value;
}

/** The value to write; undefined when `||=` or `&&=` leave things as they are. */
function valueOf(node: Write, place: Place, scope: Scope): RubyValue | undefined {
  if (!('binaryOperator' in node))
    return decides(node, place) ? scope.evaluate(node.value) : undefined;
  const args = [scope.evaluate(node.value)];
  const value = methodValue(place.read(), node.binaryOperator, args, scope.reading);
  if (value !== undefined) return value;
  throw notStatic(scope, node, `\`${node.binaryOperator}=\` cannot be applied to this value`);
}

function isWrite(node: Node): node is Write {
  return (
    'value' in node &&
    (isLocalWrite(node) || isConstantWrite(node) || isIndexWrite(node) || isAttributeWrite(node))
  );
}

/** Whether `||=` or `&&=` writes at all; plain `=` always does. */
function decides(node: Write, place: Place): boolean {
  if (
    node instanceof LocalVariableOrWriteNode ||
    node instanceof ConstantOrWriteNode ||
    node instanceof IndexOrWriteNode ||
    node instanceof CallOrWriteNode
  )
    return !isTruthy(place.read());
  if (node instanceof LocalVariableWriteNode || node instanceof ConstantWriteNode) return true;
  return isTruthy(place.read());
}

function placeOf(node: Write, scope: Scope): Place {
  if (isLocalWrite(node)) return localPlace(node, node.name, scope);
  if (isConstantWrite(node)) return constantPlace(node, node.name, scope);
  if (isIndexWrite(node)) {
    if (node.receiver === null) throw notStatic(scope, node, 'an index of nothing');
    return indexPlace(node, node.receiver, argumentsOf(node), scope);
  }
  const place = attributePlace(node, node.receiver, node.readName, scope);
  if (place !== undefined) return place;
  throw notStatic(scope, node, `an assignment to \`${node.readName}\` of another object`);
}
