/** Letters that slips of the fingers change in a long name; in a short one a single letter. */
const SLIPS = 2;
/** A name shorter than this is near to too much. */
const SHORTEST = 4;

/** The one of `known` that `name` nearly is, in capitals or small letters: what was meant, as far as can be guessed. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const written = name.toLowerCase();
  let found: { readonly name: string; readonly slips: number } | undefined;
  for (const candidate of known) {
    const most = candidate.length > 3 * SLIPS ? SLIPS : 1;
    const isFar = candidate.length < SHORTEST || Math.abs(name.length - candidate.length) > most;
    const slips = isFar ? Infinity : distance(written, candidate);
    if (slips <= most && slips < (found?.slips ?? Infinity)) found = { name: candidate, slips };
  }
  return found?.name;
}

/** Letters to add, to leave out, to change, or to swap with their neighbour, to make `b` of `a`. */
function distance(a: string, b: string): number {
  let last: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const changed = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      const isSwapped = i > 0 && j > 0 && a[i] === b[j - 1] && a[i - 1] === b[j];
      const swapped = isSwapped ? (last[j - 1] ?? 0) + 1 : Infinity;
      next.push(Math.min(changed, swapped, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    last = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
