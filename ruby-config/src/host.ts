import {
  CallNode,
  InterpolatedXStringNode,
  XStringNode,
  type Node,
} from '@ruby/prism/src/nodes.js';
import { readEnvironment } from './environment.ts';
import { argumentsOf, constantPath } from './nodes.ts';
import { notStatic } from './refuse.ts';
import type { Scope } from './scope.ts';
import type { RubyValue } from './values.ts';

/** Commands in backticks whose answer is known without running them (ADDON F.5 rule 5). */
const KNOWN_COMMANDS: Readonly<Record<string, 'short' | 'full'>> = {
  hostname: 'short',
  'hostname -f': 'full',
};

/**
 * `Socket.gethostname`, `Dir.pwd`, `Dir.home`, and `` `hostname` `` with its line break; undefined for all else. No command is
 * ever run here.
 */
export function hostValue(node: Node, scope: Scope): RubyValue | undefined {
  if (node instanceof XStringNode || node instanceof InterpolatedXStringNode)
    return `${commandAnswer(node, scope)}\n`;
  if (!(node instanceof CallNode) || argumentsOf(node).length > 0 || node.block !== null)
    return undefined;
  const { hostName, workingDirectory } = scope.reading.options;
  const module = constantPath(node.receiver);
  if (module === 'Socket' && node.name === 'gethostname') return hostName?.('short');
  // Of the user itself: Ruby asks the system only where HOME is not set.
  if (module === 'Dir' && node.name === 'home')
    return readEnvironment(node, 'HOME', scope) ?? undefined;
  if (module === 'Dir' && ['pwd', 'getwd'].includes(node.name)) return workingDirectory;
  return undefined;
}

function commandAnswer(node: XStringNode | InterpolatedXStringNode, scope: Scope): string {
  const command = node instanceof XStringNode ? node.unescaped.value.trim() : '';
  const kind = KNOWN_COMMANDS[command];
  const name = kind === undefined ? undefined : scope.reading.options.hostName?.(kind);
  if (name !== undefined) return name;
  throw notStatic(
    scope,
    node,
    'a command in backticks is never run',
    "Write the command's answer as text, or pass it in a variable: ENV['NAME'].",
  );
}
