import {
  BlockNode,
  BlockParametersNode,
  BreakNode,
  CallNode,
  ForNode,
  LocalVariableTargetNode,
  MultiTargetNode,
  NextNode,
  ParametersNode,
  RedoNode,
  RequiredParameterNode,
  StatementsNode,
  type Node,
} from '@ruby/prism/src/nodes.js';
import { argumentsOf, childrenOf } from './nodes.ts';
import { notStatic, refuse } from './refuse.ts';
import { cellAt, type Scope } from './scope.ts';
import { isHash, type RubyValue } from './values.ts';

/** Turns of all loops of a reading, at most: loops inside loops multiply. */
const MAX_TURNS = 10_000;

/**
 * Runs `list.each do |item| … end`, `hash.each { |key, value| … }` and `for item in list` over what is known; false
 * when the node is no such loop.
 */
export function runLoop(node: Node, scope: Scope): boolean {
  if (node instanceof ForNode) return runFor(node, scope);
  if (!(node instanceof CallNode) || node.receiver === null) return false;
  const { block, name, receiver } = node;
  if (!(block instanceof BlockNode) || argumentsOf(node).length > 0) return false;
  if (name !== 'each' && name !== 'each_pair') return false;
  const variables = parametersOf(block);
  if (variables === undefined || !isPlain(block.body)) return false;
  const over = scope.evaluate(receiver);
  if (name === 'each_pair' && !isHash(over)) return false;
  if (!Array.isArray(over) && !isHash(over)) return false;
  const outer = block.locals.map((local) => [local, scope.locals.get(local)] as const);
  runOver(over, node, variables, block.body, scope, () => {
    for (const [local] of outer) scope.locals.delete(local);
  });
  for (const [local, cell] of outer) if (cell !== undefined) scope.locals.set(local, cell);
  return true;
}

/** Its variables are those of the file, and stay. */
function runFor(node: ForNode, scope: Scope): boolean {
  const { index, collection, statements } = node;
  const targets = index instanceof MultiTargetNode ? index.lefts : [index];
  const isSimple = index instanceof MultiTargetNode ? index.rest === null : true;
  const variables = targets.flatMap((target) =>
    target instanceof LocalVariableTargetNode ? [target.name] : [],
  );
  if (!isSimple || variables.length !== targets.length) return false;
  const over = scope.evaluate(collection);
  if (!Array.isArray(over) && !isHash(over)) return false;
  runOver(over, node, variables, statements, scope, () => undefined);
  return true;
}

/** Runs a body once for each of the items; `begin` comes before each turn, and after the last one. */
function runOver(
  over: Extract<RubyValue, { kind: 'hash' } | RubyValue[]>,
  node: Node,
  variables: readonly string[],
  body: Node | null,
  scope: Scope,
  begin: () => void,
): void {
  const jump = body === null ? undefined : jumpIn(body);
  if (jump !== undefined) throw notStatic(scope, jump, 'a jump out of a loop');
  const size = (): number => (Array.isArray(over) ? over.length : over.entries.length);
  const before = size();
  const items = Array.isArray(over) ? [...over] : over.entries.map(([key, value]) => [key, value]);
  for (const item of items) {
    begin();
    takeTurn(node, scope);
    const [only, ...more] = variables;
    const isSpread = more.length > 0 && Array.isArray(item);
    if (isSpread)
      for (const [at, name] of variables.entries())
        scope.locals.set(name, cellAt(scope, node, item[at] ?? null));
    else if (only !== undefined) {
      scope.locals.set(only, cellAt(scope, node, item));
      for (const name of more) scope.locals.set(name, cellAt(scope, node, null));
    }
    if (body instanceof StatementsNode) scope.run(body.body);
    if (size() !== before)
      throw refuse(
        scope,
        node,
        'raised',
        'a loop over what it makes longer or shorter',
        'Loop over a copy (.dup), or write the entries one by one.',
      );
  }
  begin();
}

function takeTurn(node: Node, scope: Scope): void {
  if (++scope.reading.turns <= MAX_TURNS) return;
  const what = `loops of more than ${MAX_TURNS} turns`;
  throw refuse(scope, node, 'too_deep', what, 'Write what they make.');
}

/** Names of a block's plain parameters; undefined where there are others. */
function parametersOf({ parameters }: BlockNode): string[] | undefined {
  if (parameters === null) return [];
  if (!(parameters instanceof BlockParametersNode)) return undefined;
  const list = parameters.parameters;
  if (list === null) return [];
  if (!(list instanceof ParametersNode) || parameters.locals.length > 0) return undefined;
  const names = list.requireds.flatMap((p) => (p instanceof RequiredParameterNode ? [p.name] : []));
  return names.length === childrenOf(list).length ? names : undefined;
}

function isPlain(body: Node | null): body is StatementsNode | null {
  return body === null || body instanceof StatementsNode;
}

/** `next`, `break` or `redo` somewhere in a loop. */
export function jumpIn(node: Node): Node | undefined {
  const isJump = node instanceof NextNode || node instanceof BreakNode || node instanceof RedoNode;
  if (isJump) return node;
  for (const child of childrenOf(node)) {
    const found = jumpIn(child);
    if (found !== undefined) return found;
  }
  return undefined;
}
