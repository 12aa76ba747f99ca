import { BlockNode, ConstantReadNode, type CallNode, type Node } from '@ruby/prism/src/nodes.js';
import { argumentsOf } from './nodes.ts';
import { notStatic } from './refuse.ts';
import type { Scope } from './scope.ts';
import type { RubyValue } from './values.ts';

/** Whether the node is Ruby's `ENV`. */
export function isEnvironment(node: Node | null): boolean {
  return node instanceof ConstantReadNode && node.name === 'ENV';
}

/** `ENV['X']`, `ENV.fetch('X', 'd')`, `ENV.key?('X')`; undefined for other calls of ENV. */
export function environmentCall(node: CallNode, scope: Scope): RubyValue | undefined {
  const [first, second, ...more] = argumentsOf(node);
  if (first === undefined || more.length > 0) return undefined;
  const name = environmentName(first, scope);
  const value = readEnvironment(first, name, scope);
  switch (node.name) {
    case '[]':
      return second === undefined ? value : undefined;
    case 'key?':
    case 'has_key?':
    case 'include?':
    case 'member?':
      return second === undefined ? value !== null : undefined;
    case 'fetch':
      return value ?? fallback(node, name, second, scope);
    default:
      return undefined;
  }
}

/** The name of a variable, as an expression gives it. */
export function environmentName(node: Node, scope: Scope): string {
  const name = scope.evaluate(node);
  if (typeof name === 'string' && name !== '' && !/[=\0]/.test(name)) return name;
  throw notStatic(scope, node, 'the name of an environment variable must be a text');
}

/** What a variable holds at this point of the file; null when it is not set. */
export function readEnvironment(node: Node, name: string, scope: Scope): string | null {
  const cell = scope.reading.environment.get(name) ?? scope.reading.environment.get('*');
  if (cell === undefined) return scope.reading.options.env[name] ?? null;
  if ('value' in cell) return cell.value;
  throw notStatic(scope, node, `ENV['${name}'] was not read (${cell.unread})`);
}

/** `ENV['X'] = value`; nil removes the variable. */
export function writeEnvironment(node: Node, name: string, value: RubyValue, scope: Scope): void {
  if (value !== null && typeof value !== 'string')
    throw notStatic(scope, node, `ENV['${name}'] takes a text or nil, Ruby fails here too`);
  scope.reading.environment.set(name, { value });
}

function fallback(
  node: CallNode,
  name: string,
  given: Node | undefined,
  scope: Scope,
): RubyValue | undefined {
  if (given !== undefined) return scope.evaluate(given);
  const { block } = node;
  if (block instanceof BlockNode && block.parameters === null)
    return block.body === null ? null : scope.evaluate(block.body);
  if (block !== null) return undefined;
  throw notStatic(
    scope,
    node,
    `the environment variable ${name} is not set, and ENV.fetch has no default`,
    `Set ${name} where the program starts, or give a default: ENV.fetch('${name}', '…').`,
  );
}
