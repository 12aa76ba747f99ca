import { toRegExp } from 'oniguruma-to-es';
import { fillTemplate, groupNames } from './fill-template.ts';

/** A Ruby regular expression with the text that its match fills. */
export interface RubyPattern {
  /** The filled text; undefined when `text` does not match. */
  fill(text: string): string | undefined;
}

/**
 * Translates a Ruby regular expression (flags of `i`, `m`, `x`) so that it matches a whole text or nothing: a
 * substring, or one line of several, is not enough (S10). Throws for what cannot be translated, and for a template
 * that names a group which the pattern does not have.
 */
export function makeRubyPattern(source: string, flags: string, template: string): RubyPattern {
  // By itself first: a source such as `a)|(?:b` would leave the group that is put around it.
  toRegExp(source, { flags });
  // With `x`, the source may end in a comment, which only a line break ends.
  const whole = `\\A(?:${source}${flags.includes('x') ? '\n' : ''})\\z`;
  const pattern = toRegExp(whole, { flags });
  // A pattern that may match nothing shows the names of all its groups.
  const known = new RegExp(`${pattern.source}|`, pattern.flags).exec('')?.groups ?? {};
  for (const name of groupNames(template)) {
    if (!(name in known)) throw new SyntaxError(`the pattern has no group called ${name}`);
  }
  return {
    fill: (text) => {
      const match = pattern.exec(text);
      return match === null ? undefined : fillTemplate(template, match);
    },
  };
}
