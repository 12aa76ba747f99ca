/** False for texts that no row can hold, as names in a URL may be: PostgreSQL has no NUL in a text. */
export function canBeStored(...texts: readonly string[]): boolean {
  return texts.every((text) => !text.includes('\0'));
}
