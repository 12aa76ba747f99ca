import {
  AndNode,
  BeginNode,
  CallNode,
  CaseNode,
  ElseNode,
  ForNode,
  IfNode,
  OrNode,
  ParenthesesNode,
  RescueModifierNode,
  ReturnNode,
  StatementsNode,
  UnlessNode,
  type Node,
} from '@ruby/prism/src/nodes.js';
import { runCall } from './calls.ts';
import { runCase } from './case.ts';
import { runLoop } from './loops.ts';
import { chosenBranch, isPlainBegin } from './operators.ts';
import { isSkippable, refuse } from './refuse.ts';
import { runRescue, runRescueModifier } from './rescues.ts';
import type { Scope } from './scope.ts';
import { skip } from './skip.ts';
import { isTruthy } from './values.ts';

/** Runs one statement, or leaves it out where that is harmless. */
export function runStatement(node: Node, scope: Scope): void {
  try {
    execute(node, scope);
  } catch (error) {
    if (!isSkippable(error) || scope.isStrict === true) throw error;
    skip(node, scope, error);
  }
}

function execute(node: Node, scope: Scope): void {
  if (node instanceof CallNode) runCall(node, scope);
  else if (node instanceof IfNode || node instanceof UnlessNode)
    runBranch(chosenBranch(node, scope), scope);
  else if (node instanceof ForNode && runLoop(node, scope)) return;
  else if (node instanceof CaseNode) runBranch(runCase(node, scope), scope);
  else if (node instanceof AndNode) {
    if (isTruthy(scope.evaluate(node.left))) runStatement(node.right, scope);
  } else if (node instanceof OrNode) {
    if (!isTruthy(scope.evaluate(node.left))) runStatement(node.right, scope);
  } else if (node instanceof ParenthesesNode) runBranch(node.body, scope);
  else if (node instanceof BeginNode && isPlainBegin(node)) runBranch(node.statements, scope);
  else if (node instanceof BeginNode) runRescue(node, scope, strictly(scope));
  else if (node instanceof RescueModifierNode) runRescueModifier(node, scope, strictly(scope));
  else if (node instanceof ReturnNode)
    throw refuse(scope, node, 'raised', 'a `return` in a configuration file', 'Use if … end.');
  else scope.evaluate(node);
}

function runBranch(body: Node | null, scope: Scope): void {
  if (body === null) return;
  if (body instanceof ElseNode) runBranch(body.statements, scope);
  else if (body instanceof StatementsNode) scope.run(body.body);
  else runStatement(body, scope);
}

/** Runs statements, of which none may be left out. */
function strictly(scope: Scope): (nodes: readonly Node[]) => void {
  const strict: Scope = {
    ...scope,
    isStrict: true,
    run: (nodes) => {
      for (const node of nodes) runStatement(node, strict);
    },
  };
  return (nodes) => {
    strict.run(nodes);
  };
}
