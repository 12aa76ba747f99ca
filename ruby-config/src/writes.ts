import {
  CallAndWriteNode,
  CallOperatorWriteNode,
  CallOrWriteNode,
  ConstantAndWriteNode,
  ConstantOperatorWriteNode,
  ConstantOrWriteNode,
  ConstantWriteNode,
  IndexAndWriteNode,
  IndexOperatorWriteNode,
  IndexOrWriteNode,
  LocalVariableAndWriteNode,
  LocalVariableOperatorWriteNode,
  LocalVariableOrWriteNode,
  LocalVariableWriteNode,
  type Node,
} from '@ruby/prism/src/nodes.js';
import { methodValue } from './methods.ts';
import { argumentsOf, isNamedConfiguration } from './nodes.ts';
import { cellsOf } from './objects.ts';
import {
  constantPlace,
  indexPlace,
  localPlace,
  objectPlace,
  settingPlace,
  type Place,
} from './places.ts';
import { notStatic } from './refuse.ts';
import type { Scope } from './scope.ts';
import { isTruthy } from './values.ts';

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

/** Runs `x = v`, `x ||= v`, `x &&= v`, `x += v` for every kind of x; false when the node is none of them. */
export function runWrite(node: Node, scope: Scope): boolean {
  if (!isWrite(node)) return false;
  const place = placeOf(node, scope);
  if ('binaryOperator' in node) {
    const before = place.read();
    const args = [scope.evaluate(node.value)];
    const value = methodValue(before, node.binaryOperator, args, scope.reading);
    if (value === undefined)
      throw notStatic(scope, node, `\`${node.binaryOperator}=\` on this value`);
    place.write(value);
  } else if (decides(node, place)) place.write(scope.evaluate(node.value));
  return true;
}

function isWrite(node: Node): node is Write {
  return (
    'value' in node && (isLocal(node) || isConstant(node) || isIndex(node) || isAttribute(node))
  );
}

function isLocal(node: Node) {
  return (
    node instanceof LocalVariableWriteNode ||
    node instanceof LocalVariableOrWriteNode ||
    node instanceof LocalVariableAndWriteNode ||
    node instanceof LocalVariableOperatorWriteNode
  );
}

function isConstant(node: Node) {
  return (
    node instanceof ConstantWriteNode ||
    node instanceof ConstantOrWriteNode ||
    node instanceof ConstantAndWriteNode ||
    node instanceof ConstantOperatorWriteNode
  );
}

function isIndex(node: Node) {
  return (
    node instanceof IndexOrWriteNode ||
    node instanceof IndexAndWriteNode ||
    node instanceof IndexOperatorWriteNode
  );
}

function isAttribute(node: Node) {
  return (
    node instanceof CallOrWriteNode ||
    node instanceof CallAndWriteNode ||
    node instanceof CallOperatorWriteNode
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
  if (isLocal(node)) return localPlace(node, node.name, scope);
  if (isConstant(node)) return constantPlace(node, node.name, scope);
  if (isIndex(node)) {
    if (node.receiver === null) throw notStatic(scope, node, 'an index of nothing');
    return indexPlace(node, node.receiver, argumentsOf(node), scope);
  }
  const cells = cellsOf(node.receiver, scope.reading);
  if (cells !== undefined) return objectPlace(node, node.readName, cells, scope);
  if (isNamedConfiguration(node.receiver)) return settingPlace(node, node.readName, scope);
  throw notStatic(scope, node, `an assignment to \`${node.readName}\` of another object`);
}
