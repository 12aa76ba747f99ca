/** Keys that a document repeats: the first of its own, and the first of the object under one of its members. */
export interface Duplicates {
  own: string | undefined;
  inMember: string | undefined;
}

/**
 * The keys that a JSON document and the object under its `member` repeat: what JSON.parse hides (REFERENCE 8.3
 * row 13). `text` is known to be valid JSON. Keys are compared as they read, escapes undone.
 */
export function findDuplicateKeys(text: string, member: string): Duplicates {
  const own = new Set<string>();
  const found: Duplicates = { own: undefined, inMember: undefined };
  let depth = 0;
  let inMember = false;
  let seen = new Set<string>();
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '{' || c === '[') depth++;
    else if (c === '}' || c === ']') depth--;
    else if (c === '"') {
      const end = endOfString(text, i);
      if (depth <= 2 && isKey(text, end)) {
        const key = String(JSON.parse(text.slice(i, end)));
        if (depth === 1) {
          if (own.has(key)) found.own ??= key;
          own.add(key);
          inMember = key === member;
          // Of a member that is itself repeated the last one counts, as for JSON.parse.
          if (inMember) [seen, found.inMember] = [new Set(), undefined];
        } else if (inMember) {
          if (seen.has(key)) found.inMember ??= key;
          seen.add(key);
        }
      }
      i = end - 1;
    }
  }
  return found;
}

/** The index behind the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i + 1;
}

/** True when a colon follows: the string is a key. */
function isKey(text: string, end: number): boolean {
  let i = end;
  while (text[i] === ' ' || text[i] === '\t' || text[i] === '\n' || text[i] === '\r') i++;
  return text[i] === ':';
}
