import { toRegExp } from 'oniguruma-to-es';
import { boundedRun } from './bounded-run.ts';
import { fillTemplate, groupNames } from './fill-template.ts';
import type { Filled, Pattern } from '../whitelist.ts';

/** What a pattern is made of. */
export interface RubyPatternOptions {
  readonly source: string;
  /** Of `i`, `m` and `x`. */
  readonly flags: string;
  /** The text that a match fills. */
  readonly template: string;
  /**
   * `full`: the whole text or nothing (S10). `search`: as in the original, every part that matches is replaced, and
   * what stands around it is kept.
   */
  readonly match: 'full' | 'search';
}

/**
 * How long a pattern may look at one command, milliseconds. The event loop waits meanwhile, so it is short against a
 * heartbeat interval.
 */
const MATCH_TIMEOUT_MS = 250;

/**
 * Translates a Ruby regular expression. Throws for what cannot be translated, and for a template that names a group
 * which the pattern does not have.
 */
export function makeRubyPattern({ source, flags, template, match }: RubyPatternOptions): Pattern {
  // By itself first: a source such as `a)|(?:b` would leave the group that is put around it.
  toRegExp(source, { flags });
  // With `x`, the source may end in a comment, which only a line break ends.
  const whole = `\\A(?:${source}${flags.includes('x') ? '\n' : ''})\\z`;
  const isSearch = match === 'search';
  if (!isSearch && /\\g(?:<[+-]?0>|'[+-]?0')/.test(source)) {
    const advice = 'put the part to repeat into a group, and call that';
    throw new SyntaxError(
      `\\g<0> is the whole of a pattern that matches from end to end: ${advice}`,
    );
  }
  const pattern = toRegExp(isSearch ? source : whole, { flags, global: isSearch });
  // A pattern that may match nothing shows the names of all its groups.
  const known = new RegExp(`${pattern.source}|`, pattern.flags).exec('')?.groups ?? {};
  for (const name of groupNames(template)) {
    if (!(name in known)) throw new SyntaxError(`the pattern has no group called ${name}`);
    const isTwice = source.split(new RegExp(`\\(\\?(?:<${name}>|'${name}')`)).length > 2;
    if (isTwice) throw new SyntaxError(`the pattern has more than one group called ${name}`);
  }
  return {
    shown: `/${source}/${flags}`,
    fill: (text) => {
      const found = boundedRun(
        () => (isSearch ? replaceAll(text, pattern, template) : fillOnce(text, pattern, template)),
        MATCH_TIMEOUT_MS,
      );
      return found.inTime ? found.value : { kind: 'slow' };
    },
  };
}

function fillOnce(text: string, pattern: RegExp, template: string): Filled {
  const match = pattern.exec(text);
  return match === null ? { kind: 'none' } : { kind: 'match', text: fillTemplate(template, match) };
}

/** Ruby's gsub. */
function replaceAll(text: string, pattern: RegExp, template: string): Filled {
  const parts: string[] = [];
  let end = 0;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [found] = match;
    const next = match.index + found.length;
    const around = { before: text.slice(0, match.index), after: text.slice(next) };
    parts.push(text.slice(end, match.index), fillTemplate(template, match, around));
    end = next;
    // After an empty match the search goes on one character later.
    if (found === '') pattern.lastIndex = next + ((text.codePointAt(next) ?? 0) > 0xffff ? 2 : 1);
  }
  if (parts.length === 0) return { kind: 'none' };
  return { kind: 'match', text: parts.join('') + text.slice(end) };
}
