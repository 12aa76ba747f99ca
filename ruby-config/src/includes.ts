import { CallNode, type Node } from '@ruby/prism/src/nodes.js';
import { argumentsOf, constantPath, isConfiguration } from './nodes.ts';
import { notStatic, raising, refuse } from './refuse.ts';
import type { Scope } from './scope.ts';

/** Files inside files; a file that includes itself ends here. */
const MAX_DEPTH = 10;

/**
 * Runs `Chef::Config.from_file(path)`, `from_json(path)` and their like, or `instance_eval(File.read(path))`; false when
 * the call is none of them.
 */
export function runInclude(node: CallNode, scope: Scope): boolean {
  const pathNode = includedPath(node);
  if (pathNode === undefined) return false;
  const path = scope.evaluate(pathNode);
  if (typeof path !== 'string') throw notStatic(scope, node, 'the path to include is no text');
  const kind = node.name === 'from_file' ? DATA.exec(path)?.[1] : OF_DATA[node.name];
  if (kind === undefined) scope.include(textOfFile(path, node, scope), path);
  else if (DATA.exec(path)?.[1]?.replace('yml', 'yaml') === kind.replace('yml', 'yaml'))
    includeData(path, node, scope);
  else throw notStatic(scope, node, `\`${node.name}\` of a file of another name: ${path}`);
  return true;
}

const DATA = /\.(json|toml|ya?ml)$/;
const OF_DATA: Readonly<Record<string, string>> = {
  from_json: 'json',
  from_toml: 'toml',
  from_yaml: 'yaml',
};

/** Every key is a setting, as mixlib-config takes it. */
function includeData(path: string, node: CallNode, scope: Scope): void {
  const { reading } = scope;
  const { readData } = reading.options;
  const advice = 'Put its settings into this file.';
  if (readData === undefined)
    throw notStatic(scope, node, `only Ruby is read, not ${path}`, advice);
  const settings = readData(textOfFile(path, node, scope), path);
  reading.files.add(path);
  for (const [name, setting] of settings) {
    if (reading.objects.has(name))
      throw notStatic(scope, node, `\`${name}\` as a whole, in ${path}`, advice);
    reading.settings.set(name, setting);
    reading.traps.delete(name);
  }
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
  if (node.name === 'from_file' || node.name in OF_DATA) return argument;
  if (node.name !== 'instance_eval' && node.name !== 'eval') return undefined;
  return argument instanceof CallNode &&
    ['File', 'IO'].includes(constantPath(argument.receiver) ?? '') &&
    argument.name === 'read'
    ? argumentsOf(argument)[0]
    : undefined;
}
