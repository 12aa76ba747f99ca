import { CallNode, type Node } from '@ruby/prism/src/nodes.js';
import { argumentsOf, constantPath, isConfiguration } from './nodes.ts';
import { notStatic, refuse } from './refuse.ts';
import type { Scope } from './scope.ts';

/** Files inside files; a file that includes itself ends here. */
const MAX_DEPTH = 10;

/** Runs `Chef::Config.from_file(path)` or `instance_eval(File.read(path))`; false when the call is neither. */
export function runInclude(node: CallNode, scope: Scope): boolean {
  const pathNode = includedPath(node);
  if (pathNode === undefined) return false;
  const path = scope.evaluate(pathNode);
  if (typeof path !== 'string') throw notStatic(scope, node, 'the path to include is no text');
  if (node.name === 'from_file' && /\.(json|toml|ya?ml)$/i.test(path))
    throw notStatic(
      scope,
      node,
      `only Ruby is read, not ${path}`,
      'Put its settings into this file.',
    );
  const { readFile } = scope.reading.options;
  if (readFile === undefined)
    throw notStatic(
      scope,
      node,
      `another file is included (${path}), which is not read here`,
      'Put its settings into this file.',
    );
  if (scope.depth >= MAX_DEPTH)
    throw refuse(
      scope,
      node,
      'too_deep',
      `more than ${MAX_DEPTH} files include one another`,
      'Look for a file that includes itself.',
    );
  const text = readFile(path);
  if (text === undefined)
    throw refuse(
      scope,
      node,
      'include',
      `the file ${path} that is included here cannot be read`,
      'Create it, or remove this line.',
    );
  scope.include(text, path);
  return true;
}

function includedPath(node: CallNode): Node | undefined {
  if (!isConfiguration(node.receiver) || node.block !== null) return undefined;
  const [argument] = argumentsOf(node);
  if (node.name === 'from_file') return argument;
  if (node.name !== 'instance_eval' && node.name !== 'eval') return undefined;
  return argument instanceof CallNode &&
    ['File', 'IO'].includes(constantPath(argument.receiver) ?? '') &&
    argument.name === 'read'
    ? argumentsOf(argument)[0]
    : undefined;
}
