import type { RubyConfig } from '@pushy/ruby-config';

/** Letters that a slip of the fingers changes. */
const SLIPS = 2;

/**
 * One warning for each setting that is nearly one of `known`. Others are no matter: the file may be Chef's own, with a
 * hundred settings that are not for us.
 */
export function misspelt(
  { settings }: Pick<RubyConfig, 'settings'>,
  known: ReadonlySet<string>,
): string[] {
  return [...settings].flatMap(([name, { file, line }]) => {
    if (known.has(name)) return [];
    const meant = [...known].find((k) => k.length > 3 * SLIPS && distance(name, k) <= SLIPS);
    if (meant === undefined) return [];
    return [`${file}:${line}: the setting ${name} has no effect: is ${meant} meant?`];
  });
}

/** Letters to add, to leave out or to change, to make `b` of `a` (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const changed = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
