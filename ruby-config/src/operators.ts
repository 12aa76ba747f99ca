import {
  AndNode,
  BeginNode,
  ElseNode,
  IfNode,
  OrNode,
  ParenthesesNode,
  RescueModifierNode,
  StatementsNode,
  UnlessNode,
  type Node,
} from '@ruby/prism/src/nodes.js';
import { notStatic } from './refuse.ts';
import { rescueValue } from './rescues.ts';
import type { Scope } from './scope.ts';
import { isTruthy, type RubyValue } from './values.ts';

/** The value of `||`, `&&`, conditionals and parentheses, undefined when the node is none of them. */
export function operatorValue(node: Node, scope: Scope): RubyValue | undefined {
  if (node instanceof ParenthesesNode) return blockValue(node.body, scope);
  if (node instanceof StatementsNode || node instanceof ElseNode) return blockValue(node, scope);
  if (node instanceof RescueModifierNode) return rescueValue(node, scope);
  if (node instanceof OrNode) {
    const left = scope.evaluate(node.left);
    return isTruthy(left) ? left : scope.evaluate(node.right);
  }
  if (node instanceof AndNode) {
    const left = scope.evaluate(node.left);
    return isTruthy(left) ? scope.evaluate(node.right) : left;
  }
  if (node instanceof IfNode || node instanceof UnlessNode)
    return blockValue(chosenBranch(node, scope), scope);
  if (node instanceof BeginNode && isPlainBegin(node)) return blockValue(node.statements, scope);
  return undefined;
}

/** The branch that a conditional takes; null when it takes none. */
export function chosenBranch(node: IfNode | UnlessNode, scope: Scope): Node | null {
  const holds = isTruthy(scope.evaluate(node.predicate));
  if (node instanceof IfNode) return holds ? node.statements : node.subsequent;
  return holds ? node.elseClause : node.statements;
}

/** `begin … end` without rescue, else or ensure. */
export function isPlainBegin(node: BeginNode): boolean {
  return node.rescueClause === null && node.elseClause === null && node.ensureClause === null;
}

/** An expression in a block of its own; several statements would need to be run. */
function blockValue(body: Node | null, scope: Scope): RubyValue {
  if (body === null) return null;
  if (body instanceof ElseNode) return blockValue(body.statements, scope);
  if (!(body instanceof StatementsNode)) return scope.evaluate(body);
  const [only, ...more] = body.body;
  if (only === undefined) return null;
  if (more.length > 0) throw notStatic(scope, body, 'several statements used as one value');
  return scope.evaluate(only);
}
