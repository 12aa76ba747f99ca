import type { CallNode } from '@ruby/prism/src/nodes.js';
import { listValue } from './literals.ts';
import { argumentsOf } from './nodes.ts';
import { refuseFrozen } from './refuse.ts';
import type { Reading, Scope } from './scope.ts';
import { isHash, isSame, setEntry, type RubyHash, type RubyValue } from './values.ts';

/** Methods that change a list in place and give it back. */
const LISTS: Readonly<Record<string, (list: RubyValue[], args: readonly RubyValue[]) => void>> = {
  push: (list, args) => list.push(...args),
  append: (list, args) => list.push(...args),
  unshift: (list, args) => list.unshift(...args),
  prepend: (list, args) => list.unshift(...args),
  concat: (list, args) => list.push(...args.flatMap((arg) => arg)),
};

/** Methods that change a hash in place. */
const HASHES = new Set(['delete', 'store', 'merge!', 'update']);

/**
 * Runs `list.unshift('x')`, `whitelist.delete('x')` and their like on what was set above, and gives their value;
 * undefined for the rest. What is shared in Ruby is shared here: whoever holds the list holds the changed one.
 */
export function mutationValue(node: CallNode, scope: Scope): RubyValue | undefined {
  const { receiver, name, block } = node;
  if (receiver === null || block !== null) return undefined;
  const change = LISTS[name];
  if (change === undefined && !HASHES.has(name)) return undefined;
  const self = scope.evaluate(receiver);
  if (!Array.isArray(self) && !isHash(self)) return undefined;
  const args = listValue(argumentsOf(node), scope);
  refuseFrozen(scope, node, self);
  if (isHash(self)) return changeHash(self, name, args, scope.reading);
  if (change === undefined || (name === 'concat' && !args.every(Array.isArray))) return undefined;
  change(self, args);
  return self;
}

function changeHash(
  self: RubyHash,
  name: string,
  args: readonly RubyValue[],
  { indifferent }: Reading,
): RubyValue | undefined {
  const [first, second, ...more] = args;
  if (first === undefined || more.length > 0 || indifferent.has(self)) return undefined;
  if (name === 'store' && second !== undefined) {
    setEntry(self, first, second);
    return second;
  }
  if (second !== undefined) return undefined;
  if (name === 'delete') {
    const at = self.entries.findIndex(([key]) => isSame(key, first));
    return at < 0 ? null : (self.entries.splice(at, 1)[0]?.[1] ?? null);
  }
  if (name === 'store' || !isHash(first)) return undefined;
  for (const [key, value] of first.entries) setEntry(self, key, value);
  return self;
}
