import {
  BlockNode,
  BlockParametersNode,
  CallNode,
  ParametersNode,
  RequiredParameterNode,
  StatementsNode,
  type Node,
} from '@ruby/prism/src/nodes.js';
import { jumpIn } from './loops.ts';
import { argumentsOf, childrenOf, constantPath } from './nodes.ts';
import { notStatic } from './refuse.ts';
import { cellAt, type Scope } from './scope.ts';

/**
 * Runs `Dir.glob(pattern).each do |file| … end`, by which older templates include client.d (ADDON F.4); false when
 * the call is no such loop.
 */
export function runGlobLoop(node: CallNode, scope: Scope): boolean {
  const { block } = node;
  if (!(block instanceof BlockNode)) return false;
  const pattern = globPattern(node.name === 'each' ? node.receiver : withoutBlock(node));
  if (pattern === undefined) return false;
  const variable = onlyParameter(block);
  const { body } = block;
  if (variable === undefined || (body !== null && !(body instanceof StatementsNode)))
    throw notStatic(scope, node, 'a loop over files of which the block is more than |file|');
  if (body === null) return true;
  const jump = jumpIn(body);
  if (jump !== undefined) throw notStatic(scope, jump, 'a jump out of a loop');
  const outer = scope.locals.get(variable);
  for (const file of filesOf(pattern, scope)) {
    scope.locals.set(variable, cellAt(scope, node, file));
    scope.run(body.body);
  }
  if (outer === undefined) scope.locals.delete(variable);
  else scope.locals.set(variable, outer);
  return true;
}

/** `Dir.glob(pattern) { |file| … }` has the block itself. */
function withoutBlock(node: CallNode): CallNode | null {
  return node.name === 'glob' ? node : null;
}

/** The pattern of `Dir.glob(pattern)` or `Dir[pattern]`, sorted or not: Ruby 3 sorts by itself. */
function globPattern(node: Node | null): Node | undefined {
  if (!(node instanceof CallNode)) return undefined;
  if (node.name === 'sort' && argumentsOf(node).length === 0) return globPattern(node.receiver);
  if (constantPath(node.receiver) !== 'Dir' || !['glob', '[]'].includes(node.name))
    return undefined;
  const [pattern, ...more] = argumentsOf(node);
  return more.length === 0 ? pattern : undefined;
}

function onlyParameter({ parameters }: BlockNode): string | undefined {
  if (!(parameters instanceof BlockParametersNode)) return undefined;
  const list = parameters.parameters;
  if (!(list instanceof ParametersNode) || childrenOf(list).length !== 1) return undefined;
  const [only] = list.requireds;
  return only instanceof RequiredParameterNode ? only.name : undefined;
}

/** Files that a pattern finds, in order. Only the last part of the path may hold `*`. */
function filesOf(node: Node, scope: Scope): string[] {
  const pattern = scope.evaluate(node);
  const { listDirectory } = scope.reading.options;
  const parts =
    typeof pattern === 'string' ? /^(\/[^*?[\]{}\\]*)\/([^/?[\]{}\\]+)$/.exec(pattern) : null;
  if (listDirectory === undefined || parts === null)
    throw notStatic(
      scope,
      node,
      'these files cannot be listed here',
      'Name the directory from the root on, with * in the last part alone: /etc/chef/client.d/*.rb.',
    );
  const [, directory = '/', last = ''] = parts;
  scope.reading.files.add(directory);
  const name = wildcard(last);
  return [...listDirectory(directory)]
    .filter((entry) => name.test(entry))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((entry) => `${directory}/${entry}`);
}

/** `*` is any text; at the start it finds no hidden file. */
function wildcard(part: string): RegExp {
  const source = part.split('*').map((text) => text.replace(/[.+^${}()|]/g, '\\$&'));
  return new RegExp(`^${part.startsWith('*') ? '(?!\\.)' : ''}${source.join('[^]*')}$`);
}
