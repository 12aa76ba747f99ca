import { CallNode, type Node } from '@ruby/prism/src/nodes.js';
import { argumentsOf, constantPath, isConfiguration } from './nodes.ts';
import { notStatic, raising, refuse } from './refuse.ts';
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
  scope.include(textOfFile(path, node, scope), path);
  return true;
}

/** The text of a file that is to run here; a refusal where there is none, or too many are inside one another. */
export function textOfFile(path: string, node: CallNode, scope: Scope): string {
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
  if (text !== undefined) return text;
  const what = `the file ${path} that is included here cannot be read`;
  const error = refuse(scope, node, 'include', what, 'Create it, or remove this line.');
  throw raising(error, includedPath(node) === undefined ? 'LoadError' : 'Errno::ENOENT');
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
