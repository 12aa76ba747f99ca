import type { Node } from '@ruby/prism/src/nodes.js';
import { RubyConfigError, type RubyConfigErrorCode, type RubyException } from './errors.ts';
import type { Scope } from './scope.ts';
import type { RubyValue } from './values.ts';

const ADVICE =
  'Write the value itself, or build it from ENV, File.join, earlier settings and local variables.';

/** An error at this node. */
export function refuse(
  scope: Scope,
  node: Node,
  code: RubyConfigErrorCode,
  problem: string,
  advice: string,
): RubyConfigError {
  const line = scope.source.lineOf(node.location);
  return new RubyConfigError({ code, file: scope.source.file, line, problem, advice });
}

/** The same error, with what Ruby raises at this place. */
export function raising(error: RubyConfigError, raises: RubyException): RubyConfigError {
  const { code, file, line, problem, advice } = error;
  return new RubyConfigError({ code, file, line, problem, advice, raises });
}

/** The error for what is outside the subset. It is survived where no relevant setting can be touched. */
export function notStatic(scope: Scope, node: Node, problem: string, advice = ADVICE) {
  return refuse(scope, node, 'not_static', problem, advice);
}

/** Whether the statement may be skipped, should it touch nothing that matters. */
export function isSkippable(error: unknown): error is RubyConfigError {
  return (
    error instanceof RubyConfigError &&
    (error.code === 'not_static' || error.code === 'unquoted_word')
  );
}

/** Refuses to change what the file has frozen: Ruby raises there, and the file may rescue it. */
export function refuseFrozen(scope: Scope, node: Node, target: RubyValue): void {
  if (typeof target !== 'object' || target === null || !scope.reading.frozen.has(target)) return;
  const what = 'what is changed here was frozen above: Ruby raises FrozenError';
  throw raising(
    refuse(scope, node, 'raised', what, 'Change it before .freeze, or leave that out.'),
    'FrozenError',
  );
}
