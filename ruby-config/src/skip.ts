import {
  CallNode,
  ConstantPathNode,
  ConstantReadNode,
  DefNode,
  LocalVariableReadNode,
  type Node,
} from '@ruby/prism/src/nodes.js';
import { effectsOf, type Effect } from './effects.ts';
import { RubyConfigError } from './errors.ts';
import { isPath } from './loads.ts';
import { holdsLoadPath } from './names.ts';
import { constantPath, settingRead } from './nodes.ts';
import { layTrap } from './places.ts';
import { isRelevant, warn, type Cell, type Scope, type Unread } from './scope.ts';
import { isHash, type RubyValue } from './values.ts';

/**
 * Leaves out a statement that cannot be evaluated: with a warning when it can touch no relevant setting, else
 * with the error (ADDON F.5 rule 3). What it may have changed counts as not read from then on.
 */
export function skip(node: Node, scope: Scope, reason: RubyConfigError): void {
  const effects = effectsOf(node);
  for (const effect of effects) {
    const name = touched(effect, scope);
    if (name !== undefined) throw aboutSetting(reason, name);
  }
  const { line, file, problem } = reason;
  for (const effect of effects)
    forget(effect, { unread: problem, line, file, instance: isInstance(effect) }, scope);
  warn(scope, node, `skipped: ${problem}`);
}

function aboutSetting(reason: RubyConfigError, name: string): RubyConfigError {
  if (reason.problem.includes(name)) return reason;
  const { code, file, line, problem, advice } = reason;
  const whole = `this may change ${name}, but ${problem}`;
  return new RubyConfigError({ code, file, line, problem: whole, advice, cause: reason });
}

/** The relevant setting that an effect may change, as a message names it. */
function touched(effect: Effect, scope: Scope): string | undefined {
  const { relevant } = scope.reading.options;
  switch (effect.kind) {
    case 'setting':
      return !isElsewhere(effect.receiver, scope) && isRelevant(scope.reading, effect.name)
        ? `\`${effect.name}\``
        : undefined;
    case 'any_setting':
      return isElsewhere(effect.receiver, scope) ? undefined : 'any setting';
    case 'environment': {
      const { name } = effect;
      const variables = scope.reading.options.relevantVariables ?? new Set<string>();
      // By a computed name it may be the proxy.
      const isAny = relevant.has('http_proxy') || variables.size > 0;
      if (name === undefined) return isAny ? 'any variable of ENV' : undefined;
      if (variables.has(name)) return `ENV['${name}']`;
      return relevant.has(name.toLowerCase()) ? `\`${name.toLowerCase()}\`` : undefined;
    }
    case 'required': {
      const cell = scope.locals.get(effect.variable);
      const isName = cell !== undefined && 'value' in cell && typeof cell.value === 'string';
      return isName && !isPath(cell.value) ? undefined : 'any setting';
    }
    case 'mutation': {
      if (holdsLoadPath(effect.of, scope)) return 'any setting';
      const name = touchedInPlace(effect.of, scope);
      return name === undefined ? undefined : `\`${name}\``;
    }
    case 'local':
    case 'constant':
      return undefined;
  }
}

/** Whether a call on this variable surely does not go to the configuration. */
function isElsewhere(variable: string | undefined, scope: Scope): boolean {
  const cell = variable === undefined ? undefined : scope.locals.get(variable);
  return cell !== undefined && ('value' in cell || cell.instance === true);
}

function touchedInPlace(root: Node, scope: Scope): string | undefined {
  const name = settingRead(root);
  if (name !== undefined && isRelevant(scope.reading, name)) return name;
  const value = heldBy(root, scope);
  if (value === undefined) return undefined;
  for (const [setting, cell] of relevantCells(scope))
    if ('value' in cell && holds(cell.value, value)) return setting;
  return undefined;
}

function* relevantCells({ reading }: Scope): Iterable<readonly [string, Cell]> {
  for (const entry of reading.settings) if (reading.options.relevant.has(entry[0])) yield entry;
  for (const [name, cells] of reading.objects)
    for (const cell of cells.values()) yield [name, cell] as const;
}

/** The value in a variable, constant or setting that can be changed in place; undefined for all else. */
function heldBy(root: Node, scope: Scope): RubyValue | undefined {
  const cell = cellOf(root, scope);
  if (cell === undefined || !('value' in cell)) return undefined;
  const { value } = cell;
  return typeof value === 'string' || Array.isArray(value) || isHash(value) ? value : undefined;
}

function cellOf(root: Node, scope: Scope): Cell | undefined {
  if (root instanceof LocalVariableReadNode) return scope.locals.get(root.name);
  const path =
    root instanceof ConstantReadNode || root instanceof ConstantPathNode
      ? constantPath(root)
      : undefined;
  if (path !== undefined) return scope.reading.constants.get(path);
  const name = settingRead(root);
  return name === undefined ? undefined : scope.reading.settings.get(name);
}

/** Whether one value is the other, or has it inside. */
function holds(outer: RubyValue, inner: RubyValue): boolean {
  if (outer === inner) return true;
  if (Array.isArray(outer)) return outer.some((item) => holds(item, inner));
  return (
    isHash(outer) && outer.entries.some(([key, value]) => holds(key, inner) || holds(value, inner))
  );
}

function forget(effect: Effect, unread: Unread, scope: Scope): void {
  const { reading } = scope;
  switch (effect.kind) {
    case 'setting':
      if (effect.node instanceof DefNode) reading.methods.add(effect.name);
      if (effect.receiver === undefined && !isRelevant(reading, effect.name))
        reading.settings.set(effect.name, unread);
      return;
    case 'local':
      scope.locals.set(effect.name, unread);
      layTrap(effect.node, effect.name, scope);
      return;
    case 'constant':
      reading.constants.set(effect.name, unread);
      return;
    case 'environment':
      if (effect.name === undefined) reading.environment.clear();
      reading.environment.set(effect.name ?? '*', { unread: unread.unread });
      return;
    case 'mutation':
      forgetHolders(effect, unread, scope);
      return;
    case 'any_setting':
    case 'required':
      return;
  }
}

/** Strings, lists and hashes are shared in Ruby: whoever holds the changed one holds another value now. */
function forgetHolders(
  effect: Extract<Effect, { kind: 'mutation' }>,
  unread: Unread,
  scope: Scope,
): void {
  const value = heldBy(effect.of, scope);
  if (value === undefined) return;
  // A text given away as an argument is hardly ever changed there; a list or hash may be.
  const isArgument = effect.node instanceof CallNode && effect.of !== effect.node.receiver;
  if (typeof value === 'string' && isArgument) return;
  for (const cells of [scope.locals, scope.reading.constants, scope.reading.settings])
    for (const [name, cell] of cells)
      if ('value' in cell && holds(cell.value, value)) cells.set(name, unread);
}

/** `x = Some::Handler.new(…)`. */
function isInstance(effect: Effect): boolean {
  if (effect.kind !== 'local' || !('value' in effect.node)) return false;
  const { value } = effect.node;
  return (
    value instanceof CallNode && value.name === 'new' && constantPath(value.receiver) !== undefined
  );
}
