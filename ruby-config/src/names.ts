import {
  CallNode,
  ConstantPathNode,
  ConstantReadNode,
  GlobalVariableReadNode,
  LocalVariableReadNode,
  type Node,
} from '@ruby/prism/src/nodes.js';
import { constantPath, settingRead } from './nodes.ts';
import { dirname } from './paths.ts';
import { notStatic, refuse } from './refuse.ts';
import type { Cell, Scope } from './scope.ts';
import type { RubyValue } from './values.ts';

/** Where Ruby looks for libraries: what is in it is not known here, only what the file adds. */
const LOAD_PATH: RubyValue = { kind: 'constant', name: '$LOAD_PATH' };

/** `$LOAD_PATH`, by one of its names, itself. */
export function isLoadPath(node: Node | null): boolean {
  return node instanceof GlobalVariableReadNode && ['$LOAD_PATH', '$:', '$-I'].includes(node.name);
}

/** Whether a variable or constant of the file holds `$LOAD_PATH`. */
export function holdsLoadPath(node: Node | null, scope: Scope): boolean {
  const cells =
    node instanceof LocalVariableReadNode
      ? scope.locals
      : node instanceof ConstantReadNode
        ? scope.reading.constants
        : undefined;
  const cell = node !== null && 'name' in node ? cells?.get(String(node.name)) : undefined;
  return cell !== undefined && 'value' in cell && cell.value === LOAD_PATH;
}

const STREAMS: Readonly<Record<string, string>> = {
  STDOUT: 'STDOUT',
  STDERR: 'STDERR',
  $stdout: 'STDOUT',
  $stderr: 'STDERR',
};

/** The value that a name stands for, undefined when the node is no name. */
export function nameValue(node: Node, scope: Scope): RubyValue | undefined {
  if (node instanceof LocalVariableReadNode) {
    const cell = scope.locals.get(node.name);
    // A variable whose assignment was not run (`x = 1 if false`) is nil.
    return cell === undefined ? null : cellValue(node, node.name, cell, scope);
  }
  if (node instanceof ConstantReadNode || node instanceof ConstantPathNode)
    return constantValue(node, scope);
  if (node instanceof GlobalVariableReadNode)
    return isLoadPath(node) ? LOAD_PATH : stream(node.name);
  if (!(node instanceof CallNode)) return undefined;
  if (node.receiver === null && node.name === '__dir__') return dirname(scope.source.file);
  const name = settingRead(node);
  return name === undefined ? undefined : settingValue(node, name, scope);
}

/** The value of a cell, or the refusal that says why it has none. */
export function cellValue(node: Node, name: string, cell: Cell, scope: Scope): RubyValue {
  if ('value' in cell) return cell.value;
  const where = cell.file === scope.source.file ? `line ${cell.line}` : `${cell.file}:${cell.line}`;
  throw notStatic(scope, node, `\`${name}\` was not read (${where}: ${cell.unread})`);
}

/** The value that a setting has so far. Defaults of Chef are not known here. */
function settingValue(node: CallNode, name: string, scope: Scope): RubyValue {
  const cell = scope.reading.settings.get(name);
  if (cell !== undefined) return cellValue(node, name, cell, scope);
  if (scope.reading.objects.has(name))
    throw notStatic(scope, node, `\`${name}\` as a whole cannot be used as a value`);
  if (node.receiver === null && !scope.reading.options.relevant.has(name))
    throw refuse(
      scope,
      node,
      'unquoted_word',
      `\`${name}\` is neither quoted nor set above`,
      `Quote it ('${name}') if it is the value itself, or set ${name} above in this file.`,
    );
  throw notStatic(
    scope,
    node,
    `\`${name}\` has no value yet at this place`,
    `Set \`${name}\` above this line.`,
  );
}

function constantValue(node: ConstantReadNode | ConstantPathNode, scope: Scope): RubyValue {
  const path = constantPath(node);
  if (path !== undefined) {
    const cell = scope.reading.constants.get(path);
    if (cell !== undefined) return cellValue(node, path, cell, scope);
    if (path === 'File::SEPARATOR' || path === 'File::Separator') return '/';
    if (path === 'File::PATH_SEPARATOR')
      return /^[a-z]:/i.test(scope.reading.options.workingDirectory ?? '') ? ';' : ':';
    const value = stream(path);
    if (value !== undefined) return value;
  }
  throw notStatic(scope, node, `the constant \`${path ?? '…'}\` is not known here`);
}

function stream(name: string): RubyValue | undefined {
  const constant = STREAMS[name];
  return constant === undefined ? undefined : { kind: 'constant', name: constant };
}
