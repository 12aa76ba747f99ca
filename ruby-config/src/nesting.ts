/**
 * Blocks and brackets inside one another, at most. The parser's stack is 64 KiB and unguarded: from about 100 levels
 * on it runs over the parser's own data, which may end in a wrong tree or in no end at all. Files of people have 5.
 */
const MAX_NESTING = 64;

const TOKENS = new RegExp(
  [
    /(?:^|;)[ \t]*(?:begin|if|unless|while|until|case|for|def|class|module)\b/,
    /\bdo[ \t]*(?:\|[^|]*\|)?[ \t]*(?=$|;)/,
    /[([{]/,
    // Closing ones, in a group.
    /((?:^|;)[ \t]*end\b|[)\]}])/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

/** The line, from 1, where a text gets deeper than the parser can bear; found without parsing. */
export function tooDeepLine(text: string): number | undefined {
  let depth = 0;
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*#/.test(line)) continue;
    for (const [, closing] of line.matchAll(TOKENS)) {
      // Text in quotes may close more than was opened.
      depth = closing === undefined ? depth + 1 : Math.max(0, depth - 1);
      if (depth > MAX_NESTING) return index + 1;
    }
  }
  return undefined;
}
