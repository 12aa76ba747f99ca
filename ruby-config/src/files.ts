import type { CallNode, Node } from '@ruby/prism/src/nodes.js';
import { argumentsOf, constantPath } from './nodes.ts';
import { basename, dirname, expandPath, extname, join } from './paths.ts';
import { readEnvironment } from './environment.ts';
import { notStatic, raising } from './refuse.ts';
import type { Scope } from './scope.ts';
import type { RubyValue } from './values.ts';

/** `File.join`, `File.exist?`, `File.read` and their like; undefined for the rest. */
export function fileCall(node: CallNode, scope: Scope): RubyValue | undefined {
  const module = constantPath(node.receiver);
  if (node.block !== null) return undefined;
  const isKnown = module === 'File' || (module === 'IO' && node.name === 'read');
  const operation = isKnown ? OPERATIONS[node.name] : undefined;
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
    const working = scope.reading.options.workingDirectory;
    const expanded = expandPath(path, directory, { home, working });
    if (expanded !== undefined) return expanded;
    throw notStatic(
      scope,
      node,
      'this path depends on the working directory or on a home directory',
      'Write the path from the root on.',
    );
  },
  'exist?': (parts, node, scope) => typeAt(parts, node, scope) !== undefined,
  'file?': (parts, node, scope) => typeAt(parts, node, scope) === 'file',
  'directory?': (parts, node, scope) => typeAt(parts, node, scope) === 'directory',
  read: (parts, node, scope) => {
    const path = onlyPath(parts, node, scope);
    const { readFile } = scope.reading.options;
    scope.reading.files.add(path);
    const text = readFile?.(path);
    if (text !== undefined) return text;
    const what = readFile === undefined ? 'another file is read' : `there is no file ${path}`;
    const error = notStatic(scope, node, what, 'Put its text into this file.');
    throw readFile === undefined ? error : raising(error, 'Errno::ENOENT');
  },
};

function typeAt(parts: readonly string[], node: CallNode, scope: Scope) {
  const path = onlyPath(parts, node, scope);
  const { fileType } = scope.reading.options;
  if (fileType === undefined) throw notStatic(scope, node, 'this asks for a file of the host');
  scope.reading.files.add(path);
  return fileType(path);
}

function onlyPath([path, ...more]: readonly string[], node: CallNode, scope: Scope): string {
  const { workingDirectory } = scope.reading.options;
  if (path !== undefined && path !== '' && !path.includes('\0') && more.length === 0) {
    if (path.startsWith('/')) return path;
    if (workingDirectory !== undefined) return `${workingDirectory}/${path}`;
  }
  throw notStatic(scope, node, 'this needs one path', 'Write the path from the root on.');
}

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
