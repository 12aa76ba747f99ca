import {
  CallNode,
  ClassNode,
  ConstantReadNode,
  DefNode,
  ItLocalVariableReadNode,
  LocalVariableReadNode,
  ModuleNode,
  SelfNode,
  SingletonClassNode,
  SourceFileNode,
  StringNode,
  type Node,
} from '@ruby/prism/src/nodes.js';
import { readEnvironment } from './environment.ts';
import { textOfFile } from './includes.ts';
import { holdsLoadPath, isLoadPath } from './names.ts';
import { argumentsOf, childrenOf, constantPath } from './nodes.ts';
import { dirname, expandPath } from './paths.ts';
import { notStatic, refuse } from './refuse.ts';
import { isRelevant, type Scope } from './scope.ts';

const LOADING = new Set(['load', 'require', 'require_relative']);

/** Methods that add directories to a list. */
const CHANGING = /^(?:<<|unshift|prepend|push|append|concat|insert|replace)$/;

/** Libraries that every Ruby has: to require one raises nothing. */
const OF_RUBY = new Set(
  'date erb etc fileutils ipaddr json net/http open3 openssl pathname rbconfig resolv securerandom set shellwords socket tempfile time tmpdir uri yaml'.split(
    ' ',
  ),
);

/** What is a setting, or the configuration itself, inside the configuration alone. */
const OF_CONFIGURATION = new Set(
  'from_file from_json from_yaml from_toml from_hash instance_eval eval configure configuration merge! restore reset'.split(
    ' ',
  ),
);

/**
 * Runs `load`, `require_relative`, and `require` of a path, as Ruby does: outside the configuration, which the file
 * reaches as `Chef::Config`. False for `require` of a library.
 */
export function runLoad(node: CallNode, scope: Scope): boolean {
  const [argument] = argumentsOf(node);
  if (!isLoading(node) || argument === undefined || node.block !== null) return false;
  const given = scope.evaluate(argument);
  if (typeof given !== 'string') throw notStatic(scope, node, 'the path to load is no text');
  const isLibrary = node.name === 'require' && !isPath(given);
  const path = isLibrary ? libraryAt(given, scope) : placeOf(given, node, scope);
  if (path === undefined) return scope.isStrict === true && OF_RUBY.has(given);
  if (node.name !== 'load') {
    if (scope.reading.required.has(path)) return true;
    scope.reading.required.add(path);
  }
  scope.include(textOfFile(path, node, scope), path, true);
  return true;
}

/** `$LOAD_PATH.unshift '/opt/acme/lib'`: what is required by its name from then on may be a file there. */
export function runLoadPath(node: CallNode, scope: Scope): boolean {
  const isAlias = CHANGING.test(node.name) && holdsLoadPath(node.receiver, scope);
  if (!isAlias && !changesLoadPath(node)) return false;
  for (const argument of argumentsOf(node)) {
    const directory = scope.evaluate(argument);
    if (typeof directory !== 'string') throw notStatic(scope, node, 'a directory that is no text');
    scope.reading.loadPath.unshift(directory);
  }
  return true;
}

/** Whether a call changes where Ruby looks for libraries. */
export function changesLoadPath({ receiver, name }: CallNode): boolean {
  return CHANGING.test(name) && isLoadPath(receiver);
}

function libraryAt(name: string, { reading }: Scope): string | undefined {
  const file = name.endsWith('.rb') ? name : `${name}.rb`;
  const paths = reading.loadPath.map((directory) => `${directory}/${file}`);
  return paths.find((path) => reading.options.readFile?.(path) !== undefined);
}

/** Whether a call runs another file, as far as its text shows: `require lib` of a name in a list does not. */
export function loadsFile(node: CallNode): boolean {
  if (node.name === 'autoload') return argumentsOf(node).some(namesPath);
  if (!isLoading(node)) return false;
  return node.name !== 'require' || argumentsOf(node).some(namesPath);
}

/** The variable that names what is required: `require lib`. */
export function requiredVariable(node: CallNode): string | undefined {
  if (!isLoading(node)) return undefined;
  const [argument] = argumentsOf(node);
  if (argument instanceof ItLocalVariableReadNode) return 'it';
  return argument instanceof LocalVariableReadNode ? argument.name : undefined;
}

/** Refuses what Ruby does not know outside the configuration: settings by their bare names. */
export function refuseBareSettings(scope: Scope): void {
  const found = bareSetting(scope.source.program, scope);
  if (found === undefined) return;
  throw refuse(
    scope,
    found,
    'raised',
    'a file that is loaded or required is no part of the configuration: Ruby knows no settings by their names here',
    'Include it by Chef::Config.from_file(PATH), or write Chef::Config.NAME = VALUE in it.',
  );
}

function bareSetting(node: Node, scope: Scope): Node | undefined {
  const isElsewhere =
    node instanceof DefNode ||
    node instanceof ClassNode ||
    node instanceof ModuleNode ||
    node instanceof SingletonClassNode;
  if (isElsewhere) return undefined;
  if ('receiver' in node && node.receiver instanceof SelfNode) return node;
  if (node instanceof CallNode && node.receiver === null) {
    if (OF_CONFIGURATION.has(node.name) || isRelevant(scope.reading, node.name)) return node;
  }
  for (const child of childrenOf(node)) {
    const found = bareSetting(child, scope);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isLoading({ name, receiver }: CallNode): boolean {
  return LOADING.has(name) && (receiver === null || constantPath(receiver) === 'Kernel');
}

/** Whether `require` takes a name for a path. */
export function isPath(name: string): boolean {
  return /^(?:\.{0,2}\/|~)/.test(name);
}

/** Whether a path is built here: from `__dir__`, `__FILE__`, `File.join`, or a text that begins as one. */
function namesPath(node: Node): boolean {
  if (node instanceof SourceFileNode) return true;
  if (node instanceof StringNode) return /^\.{0,2}\//.test(node.unescaped.value);
  if (node instanceof CallNode && node.receiver === null && node.name === '__dir__') return true;
  if (node instanceof ConstantReadNode && ['File', 'Dir', 'Pathname'].includes(node.name))
    return true;
  return childrenOf(node).some(namesPath);
}

function placeOf(given: string, node: CallNode, scope: Scope): string {
  const isRelative = node.name === 'require_relative';
  const base = isRelative ? dirname(scope.source.file) : scope.reading.options.workingDirectory;
  const home = readEnvironment(node, 'HOME', scope) ?? undefined;
  const isNamed = node.name === 'load' || /\.(rb|so|o|dll|bundle)$/.test(given);
  const path = expandPath(isNamed ? given : `${given}.rb`, base, { home });
  if (path?.endsWith('.rb') === true || (path !== undefined && node.name === 'load')) return path;
  throw notStatic(scope, node, `\`${node.name}\` of what is not known here to be a file of Ruby`);
}
