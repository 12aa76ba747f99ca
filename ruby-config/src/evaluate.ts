import { CallNode, type Node } from '@ruby/prism/src/nodes.js';
import { assignmentValue } from './assignments.ts';
import { environmentCall, isEnvironment } from './environment.ts';
import { fileCall } from './files.ts';
import { hostValue } from './host.ts';
import { listValue, literalValue } from './literals.ts';
import { methodValue } from './methods.ts';
import { mutationValue } from './mutations.ts';
import { nameValue } from './names.ts';
import { argumentsOf, constantPath, describe } from './nodes.ts';
import { objectValue } from './objects.ts';
import { operatorValue } from './operators.ts';
import { notStatic } from './refuse.ts';
import type { Scope } from './scope.ts';
import type { RubyValue } from './values.ts';
import { writeValue } from './writes.ts';

/** Every kind of expression, in the order in which they are asked whether a node is theirs. */
const KINDS: readonly ((node: Node, scope: Scope) => RubyValue | undefined)[] = [
  literalValue,
  operatorValue,
  objectValue,
  nameValue,
  writeValue,
  assignmentValue,
  hostValue,
  callValue,
];

/** The value of an expression; throws a RubyConfigError for what is outside the static subset. */
export function evaluate(node: Node, scope: Scope): RubyValue {
  for (const kind of KINDS) {
    const value = kind(node, scope);
    if (value !== undefined) return value;
  }
  throw notStatic(scope, node, `${describe(node)} cannot be evaluated without running Ruby`);
}

function callValue(node: Node, scope: Scope): RubyValue | undefined {
  if (!(node instanceof CallNode) || node.receiver === null) return undefined;
  if (isEnvironment(node.receiver)) return environmentCall(node, scope);
  const path = fileCall(node, scope);
  if (path !== undefined) return path;
  if (node.block !== null || node.isAttributeWrite() || isModule(node.receiver, scope))
    return undefined;
  const changed = mutationValue(node, scope);
  if (changed !== undefined) return changed;
  const self = scope.evaluate(node.receiver);
  if (self === null && node.isSafeNavigation()) return null;
  return methodValue(self, node.name, listValue(argumentsOf(node), scope), scope.reading);
}

/** A constant that the file did not set is a class or module; what is known of them was asked for by name. */
function isModule(receiver: Node, scope: Scope): boolean {
  const path = constantPath(receiver);
  return path !== undefined && !scope.reading.constants.has(path);
}
