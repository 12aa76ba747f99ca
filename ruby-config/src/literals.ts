import {
  ArrayNode,
  AssocNode,
  AssocSplatNode,
  EmbeddedStatementsNode,
  FalseNode,
  FloatNode,
  HashNode,
  ImplicitNode,
  IntegerNode,
  InterpolatedRegularExpressionNode,
  InterpolatedStringNode,
  InterpolatedSymbolNode,
  KeywordHashNode,
  NilNode,
  RegularExpressionNode,
  SourceFileNode,
  SplatNode,
  StringNode,
  SymbolNode,
  TrueNode,
  type Node,
  type RubyString,
} from '@ruby/prism/src/nodes.js';
import { noteEntry } from './entry-places.ts';
import { notStatic } from './refuse.ts';
import type { Scope } from './scope.ts';
import { toText } from './text.ts';
import { hash, isHash, setEntry, symbol, type RubyRegexp, type RubyValue } from './values.ts';

/** The value of a literal, undefined when the node is none. */
export function literalValue(node: Node, scope: Scope): RubyValue | undefined {
  if (node instanceof StringNode) return decoded(node, node.unescaped, scope);
  if (node instanceof SymbolNode) return symbol(decoded(node, node.unescaped, scope));
  if (node instanceof InterpolatedStringNode) return joined(node.parts, scope);
  if (node instanceof InterpolatedSymbolNode) return symbol(joined(node.parts, scope));
  if (node instanceof IntegerNode) return integer(node, scope);
  if (node instanceof FloatNode) return float(node, scope);
  if (node instanceof TrueNode) return true;
  if (node instanceof FalseNode) return false;
  if (node instanceof NilNode) return null;
  if (node instanceof ArrayNode) return listValue(node.elements, scope);
  if (node instanceof HashNode || node instanceof KeywordHashNode) return hashValue(node, scope);
  if (node instanceof RegularExpressionNode)
    return regexp(node, decoded(node, node.unescaped, scope), scope);
  if (node instanceof InterpolatedRegularExpressionNode)
    return regexp(node, joined(node.parts, scope), scope);
  if (node instanceof SourceFileNode) return scope.source.file;
  return undefined;
}

/** Values of a list of expressions, `*splats` opened. */
export function listValue(nodes: readonly Node[], scope: Scope): RubyValue[] {
  return nodes.flatMap((node): RubyValue[] => {
    if (!(node instanceof SplatNode)) return [scope.evaluate(node)];
    const value = node.expression === null ? undefined : scope.evaluate(node.expression);
    if (!Array.isArray(value)) throw notStatic(scope, node, 'only an array can be opened with `*`');
    return value;
  });
}

function decoded(node: Node, text: RubyString, scope: Scope): string {
  // The parser names its fallback for bytes "ascii" and decodes them as windows-1252.
  const ascii = text.encoding !== 'ascii' || /^[\0-\x7f]*$/.test(text.value);
  if (text.validEncoding && ascii) return text.value;
  throw notStatic(scope, node, 'this text has bytes that are not UTF-8');
}

/** Parts of an interpolated text; also `'a' 'b'` side by side. */
function joined(parts: readonly Node[], scope: Scope): string {
  return parts
    .map((part) => {
      if (!(part instanceof EmbeddedStatementsNode))
        return toText(scope, part, scope.evaluate(part));
      const [only, ...more] = part.statements?.body ?? [];
      if (only === undefined) return '';
      if (more.length > 0) throw notStatic(scope, part, 'an interpolation of several statements');
      return toText(scope, only, scope.evaluate(only));
    })
    .join('');
}

/** The parser's own number is wrong from 32 bits on: the digits are read from the text. */
function integer(node: IntegerNode, scope: Scope): number {
  const text = scope.source.textOf(node.location).replaceAll('_', '').toLowerCase();
  const negative = text.startsWith('-');
  const digits = text
    .replace(/^[+-]/, '')
    .replace(/^0d/, '')
    .replace(/^0o?(?=[0-7])/, '0o');
  const value = Number(digits);
  if (!Number.isSafeInteger(value)) throw notStatic(scope, node, 'this integer is too large');
  return negative ? -value : value;
}

function float(node: FloatNode, scope: Scope): number {
  if (Number.isInteger(node.value)) scope.reading.integralFloats.add(node.value);
  return node.value;
}

function hashValue(node: HashNode | KeywordHashNode, scope: Scope): RubyValue {
  const made = hash();
  for (const element of node.elements) {
    if (element instanceof AssocNode) {
      const value = element.value instanceof ImplicitNode ? element.value.value : element.value;
      const key = scope.evaluate(element.key);
      setEntry(made, key, scope.evaluate(value));
      noteEntry(made, key, element, scope);
    } else if (element instanceof AssocSplatNode) {
      const value = element.value === null ? null : scope.evaluate(element.value);
      if (!isHash(value)) throw notStatic(scope, node, 'only a hash can be opened with `**`');
      for (const [key, item] of value.entries) setEntry(made, key, item);
    }
  }
  return made;
}

function regexp(
  node: RegularExpressionNode | InterpolatedRegularExpressionNode,
  source: string,
  scope: Scope,
): RubyRegexp {
  const flags =
    (node.isIgnoreCase() ? 'i' : '') +
    (node.isMultiLine() ? 'm' : '') +
    (node.isExtended() ? 'x' : '');
  const line = scope.source.lineOf(node.location);
  return { kind: 'regexp', source, flags, place: { file: scope.source.file, line } };
}
