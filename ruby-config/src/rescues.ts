import {
  LocalVariableTargetNode,
  type BeginNode,
  type Node,
  type RescueModifierNode,
  type RescueNode,
} from '@ruby/prism/src/nodes.js';
import { RubyConfigError, type RubyException } from './errors.ts';
import { constantPath } from './nodes.ts';
import { notStatic } from './refuse.ts';
import type { Scope } from './scope.ts';
import type { RubyValue } from './values.ts';

/** The classes by which each exception is rescued. */
const CLASSES: Readonly<Record<RubyException, readonly string[]>> = {
  LoadError: ['LoadError', 'ScriptError', 'Exception'],
  FrozenError: ['FrozenError', 'RuntimeError', 'StandardError', 'Exception'],
  RuntimeError: ['RuntimeError', 'StandardError', 'Exception'],
  'Errno::ENOENT': ['Errno::ENOENT', 'SystemCallError', 'StandardError', 'Exception'],
};

/**
 * Runs `begin … rescue … else … ensure … end` where it is sure which way Ruby goes: every statement can be evaluated, or the first that
 * cannot raises what is known. `run` runs statements and skips none.
 */
export function runRescue(
  node: BeginNode,
  scope: Scope,
  run: (nodes: readonly Node[]) => void,
): void {
  const { statements, rescueClause, elseClause, ensureClause } = node;
  const last = (): void => {
    scope.run(ensureClause?.statements?.body ?? []);
  };
  try {
    const clause = raisedIn(() => {
      run(statements?.body ?? []);
    }, rescueClause);
    if (clause === undefined) scope.run(elseClause?.statements?.body ?? []);
    else {
      takeException(clause.reference, scope);
      scope.run(clause.statements?.body ?? []);
    }
  } catch (error) {
    // It may be rescued outside; what is no exception of Ruby ends the reading.
    if (error instanceof RubyConfigError && error.raises !== undefined) last();
    throw error;
  }
  last();
}

/** The clause that rescues what `action` raises; undefined where it raises nothing. */
function raisedIn(action: () => void, first: RescueNode | null): RescueNode | undefined {
  try {
    action();
  } catch (error) {
    const clause = clauseFor(first, error);
    if (clause === undefined) throw error;
    return clause;
  }
  return undefined;
}

/** `node_name File.read('/x') rescue node_name 'y'`. */
export function runRescueModifier(
  { expression, rescueExpression }: RescueModifierNode,
  scope: Scope,
  run: (nodes: readonly Node[]) => void,
): void {
  try {
    run([expression]);
  } catch (error) {
    if (!isRescuedAlone(error)) throw error;
    scope.run([rescueExpression]);
  }
}

/** `File.read('/x') rescue 'y'` as a value. */
export function rescueValue(node: RescueModifierNode, scope: Scope): RubyValue {
  try {
    return scope.evaluate(node.expression);
  } catch (error) {
    if (!isRescuedAlone(error)) throw error;
    return scope.evaluate(node.rescueExpression);
  }
}

/** A modifier rescues StandardError alone. */
function isRescuedAlone(error: unknown): boolean {
  if (!(error instanceof RubyConfigError) || error.raises === undefined) return false;
  return CLASSES[error.raises].includes('StandardError');
}

function clauseFor(first: RescueNode | null, error: unknown): RescueNode | undefined {
  if (!(error instanceof RubyConfigError) || error.raises === undefined) return undefined;
  const classes = CLASSES[error.raises];
  for (let clause = first; clause !== null; clause = clause.subsequent) {
    const names = clause.exceptions.map(constantPath);
    // What is rescued by an expression is not known.
    if (names.includes(undefined)) return undefined;
    const all = names.length === 0 ? ['StandardError'] : names;
    if (all.some((name) => name !== undefined && classes.includes(name))) return clause;
  }
  return undefined;
}

function takeException(target: Node | null, scope: Scope): void {
  if (target === null) return;
  if (!(target instanceof LocalVariableTargetNode))
    throw notStatic(scope, target, 'an exception that is kept elsewhere than in a variable');
  const { name, location } = target;
  const { source } = scope;
  scope.locals.set(name, {
    unread: 'an exception',
    line: source.lineOf(location),
    file: source.file,
    instance: true,
  });
}
