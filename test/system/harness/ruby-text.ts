/** A text as a single-quoted Ruby literal. */
export function rubyString(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** A plain value as a Ruby literal. */
export function rubyLiteral(value: string | number | boolean): string {
  return typeof value === 'string' ? rubyString(value) : String(value);
}
