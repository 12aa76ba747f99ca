import type { CallNode, Node } from '@ruby/prism/src/nodes.js';
import { argumentsOf, constantPath } from './nodes.ts';
import { basename, dirname, expandPath, extname, join } from './paths.ts';
import { readEnvironment } from './environment.ts';
import { notStatic } from './refuse.ts';
import type { Scope } from './scope.ts';
import type { RubyValue } from './values.ts';

/** `File.join` and the other methods of File that only turn one path into another; undefined for the rest. */
export function fileCall(node: CallNode, scope: Scope): RubyValue | undefined {
  if (constantPath(node.receiver) !== 'File' || node.block !== null) return undefined;
  const operation = OPERATIONS[node.name];
  if (operation === undefined) return undefined;
  const parts = argumentsOf(node).flatMap((argument) => texts(argument, scope));
  return operation(parts, node, scope);
}

const OPERATIONS: Readonly<
  Record<string, (parts: string[], node: CallNode, scope: Scope) => RubyValue | undefined>
> = {
  join: (parts) => join(parts),
  dirname: ([path, ...more]) => (path === undefined || more.length > 0 ? undefined : dirname(path)),
  basename: ([path, suffix]) => (path === undefined ? undefined : basename(path, suffix)),
  extname: ([path]) => (path === undefined ? undefined : extname(path)),
  expand_path: ([path, directory], node, scope) => {
    if (path === undefined) return undefined;
    const home = readEnvironment(node, 'HOME', scope) ?? undefined;
    const expanded = expandPath(path, directory, { home });
    if (expanded !== undefined) return expanded;
    throw notStatic(
      scope,
      node,
      'this path depends on the working directory or on a home directory',
      'Write the path from the root on.',
    );
  },
};

/** Ruby's File.join opens arrays as well. */
function texts(node: Node, scope: Scope): string[] {
  return flatten(scope.evaluate(node)).map((value) => {
    if (typeof value === 'string') return value;
    throw notStatic(scope, node, 'a part of this path is no text (nil?), Ruby fails here too');
  });
}

function flatten(value: RubyValue): RubyValue[] {
  return Array.isArray(value) ? value.flatMap(flatten) : [value];
}
