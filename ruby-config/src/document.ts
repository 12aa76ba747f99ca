import * as prism from '@ruby/prism/src/nodes.js';
import { RubyConfigError } from './errors.ts';
import { makeParse } from './parse.ts';
import type { ReadOptions, RubyConfig, Setting } from './types.ts';
import { hash, symbol, type RubyValue } from './values.ts';

/** Parses and evaluates one configuration file. */
export async function readDocument(text: string, options: ReadOptions): Promise<RubyConfig> {
  const parse = await makeParse();
  const source = parse(text, options.file);
  const settings = new Map<string, Setting>();
  for (const node of source.program.statements.body) {
    const line = source.lineOf(node.location);
    if (!(node instanceof prism.CallNode) || node.receiver !== null) continue;
    const args = node.arguments_?.arguments_ ?? [];
    if (args.length === 0) continue;
    const values = args.map((arg) => literal(arg, options.file, line));
    const value = values.length === 1 ? (values[0] ?? null) : values;
    settings.set(node.name, { value, line, file: options.file });
  }
  return {
    settings,
    objects: new Map(),
    environment: new Map(),
    constants: new Map(),
    warnings: [],
  };
}

function literal(node: prism.Node, file: string, line: number): RubyValue {
  if (node instanceof prism.StringNode) return node.unescaped.value;
  if (node instanceof prism.SymbolNode) return symbol(node.unescaped.value);
  if (node instanceof prism.IntegerNode) return node.value;
  if (node instanceof prism.TrueNode) return true;
  if (node instanceof prism.FalseNode) return false;
  if (node instanceof prism.NilNode) return null;
  if (node instanceof prism.ConstantReadNode) return { kind: 'constant', name: node.name };
  if (node instanceof prism.ArrayNode) return node.elements.map((n) => literal(n, file, line));
  if (node instanceof prism.RegularExpressionNode)
    return { kind: 'regexp', source: node.unescaped.value, flags: '' };
  if (node instanceof prism.HashNode || node instanceof prism.KeywordHashNode)
    return hash(
      node.elements.flatMap((e): [RubyValue, RubyValue][] =>
        e instanceof prism.AssocNode
          ? [[literal(e.key, file, line), literal(e.value, file, line)]]
          : [],
      ),
    );
  throw new RubyConfigError({
    code: 'not_static',
    file,
    line,
    problem: 'this value cannot be read without running Ruby',
    advice: 'Write it as a literal.',
  });
}
