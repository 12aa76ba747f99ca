const date =
  /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT\b/g;

/** Replaces what differs from run to run, so that whole outputs can be compared. */
export function normalise(text: string, literals: Readonly<Record<string, string>> = {}): string {
  let result = text;
  // The longest first: one path may be the beginning of another.
  for (const literal of Object.keys(literals).sort((a, b) => b.length - a.length)) {
    result = result.replaceAll(literal, literals[literal] ?? '');
  }
  return result
    .replace(date, '<DATE>')
    .replace(
      /\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z| ?[+-]\d{2}:?\d{2}| UTC)?/g,
      '<TIME>',
    )
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<UUID>')
    .replace(/\b[0-9a-f]{32}\b/g, '<ID>')
    .replace(/\b(127\.0\.0\.1|localhost):\d{2,5}\b/g, '$1:<PORT>')
    .replace(/\/tmp\/pushy-test-\w+/g, '<TMP>');
}
