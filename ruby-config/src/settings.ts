import { CallNode, type Node } from '@ruby/prism/src/nodes.js';
import { RubyConfigError } from './errors.ts';
import { listValue } from './literals.ts';
import { cellAt, type Scope } from './scope.ts';
import type { RubyValue } from './values.ts';

/** Sets a setting. A variable of the same name above was meant as a variable then. */
export function setSetting(node: Node, name: string, value: RubyValue, scope: Scope): void {
  scope.reading.settings.set(name, cellAt(scope, node, value));
  scope.reading.traps.delete(name);
}

/** The value that `name args` gives a setting: one argument is itself, several are an array. */
export function argumentValue(name: string, args: readonly Node[], scope: Scope): RubyValue {
  try {
    const values = listValue(args, scope);
    const [first = null] = values;
    return values.length === 1 ? first : values;
  } catch (error) {
    throw withQuotingAdvice(error, name, args, scope);
  }
}

/** `node_name web-01.example.com` is arithmetic on calls to Ruby; what was meant is plain. */
function withQuotingAdvice(
  error: unknown,
  name: string,
  [argument, ...more]: readonly Node[],
  scope: Scope,
): unknown {
  if (!(error instanceof RubyConfigError) || error.code !== 'unquoted_word') return error;
  if (!(argument instanceof CallNode) || more.length > 0) return error;
  const word = scope.source.textOf(argument.location);
  if (!/^[\w.-]+$/.test(word)) return error;
  return new RubyConfigError({
    ...pick(error),
    problem: `the value of \`${name}\` is not quoted, Ruby takes it for a name`,
    advice: `Write ${name} '${word}'.`,
    cause: error,
  });
}

function pick({ code, file, line }: RubyConfigError) {
  return { code, file, line };
}
