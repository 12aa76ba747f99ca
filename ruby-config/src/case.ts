import { ElseNode, WhenNode, type CaseNode, type Node } from '@ruby/prism/src/nodes.js';
import { listValue } from './literals.ts';
import { notStatic } from './refuse.ts';
import type { Scope } from './scope.ts';
import { isSame } from './values.ts';

/** The branch that `case x when 'a', 'b' …` takes: by equality of plain values alone. */
export function runCase(node: CaseNode, scope: Scope): Node | null {
  if (node.predicate === null) throw notStatic(scope, node, 'a `case` without a value');
  const value = scope.evaluate(node.predicate);
  for (const branch of node.conditions) {
    if (!(branch instanceof WhenNode)) throw notStatic(scope, branch, 'a pattern');
    for (const candidate of listValue(branch.conditions, scope)) {
      if (typeof candidate === 'object' && candidate !== null)
        throw notStatic(scope, branch, 'a `when` with something else than a text or number');
      if (isSame(candidate, value)) return branch.statements;
    }
  }
  return node.elseClause instanceof ElseNode ? node.elseClause : null;
}
