/** What a match found: groups by number, and by name. */
interface Match {
  readonly [index: number]: string | undefined;
  readonly groups?: Readonly<Record<string, string | undefined>> | undefined;
}

const REFERENCE = /\\(?:(\d)|k<([^>]*)>|([&`'\\]))/g;

/**
 * Fills the back-references of a Ruby replacement text: `\0` to `\9`, `\&`, `\k<name>`, `` \` `` and `\'` (what
 * stands around the match: nothing, where the whole text matched), and `\\` for one backslash. Any other backslash
 * stays (ADDON C.3; Ruby's gsub).
 */
export function fillTemplate(
  template: string,
  match: Match,
  around = { before: '', after: '' },
): string {
  return template.replace(REFERENCE, (_found, digit?: string, name?: string, sign?: string) => {
    if (digit !== undefined) return numbered(match, Number(digit));
    if (name !== undefined) return match.groups?.[name] ?? '';
    if (sign === '&') return match[0] ?? '';
    if (sign === '\\') return '\\';
    return sign === '`' ? around.before : around.after;
  });
}

/** In a pattern with named groups, Ruby knows no group by its number. */
function numbered(match: Match, number: number): string {
  if (number > 0 && match.groups !== undefined) return '';
  return match[number] ?? '';
}

/** Names that a replacement text takes from named groups. */
export function groupNames(template: string): string[] {
  return [...template.matchAll(REFERENCE)].flatMap(([, , name]) =>
    name === undefined ? [] : name,
  );
}
